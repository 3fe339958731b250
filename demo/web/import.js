// Imports a module of the page by its name, such as "vae/walk.js". In a bundle (demo/bundle.py) this module is another.

export const importModule = (name) => import(`../${name}`);
