// Imports a module of the page by its name, such as "vae/walk.js". A bundle replaces this module (demo/bundle.py).

export const importModule = (name) => import(`../${name}`);

export const ownAddress = import.meta.url;
