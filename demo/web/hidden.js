// What a link leaves out (&hide=vae,lm-generate.knobs): names of tabs, stations and parts, and the rules that hide them.
//
// "vae" is a tab, "vae-walk" a station, "vae-walk.files" the part with that class in it, "head.theme" a part of the head.

const NAME = /^(?:head\.|(?:vae|gan|lm)(?:-[a-z_]+)?(?:\.|$))[a-z][\w-]*$|^(?:vae|gan|lm)(?:-[a-z_]+)?$/;
const MOST = 100; // names in a link

/** The names in an address; those that mean nothing are left out. @param {string | null} written */
export function readHidden(written) {
  const names = (written ?? "").split(",").filter((name) => NAME.test(name));
  return [...new Set(names)].slice(0, MOST);
}

/** The names as they stand in an address, or null for none. @param {string[]} names */
export const writeHidden = (names) => names.join(",") || null;

/** The selector of what a name hides. @param {string} name from readHidden */
export function selectorOf(name) {
  const [place, part] = name.split(".");
  if (place === "head") return `.page-head .${part}`;
  if (part) return `#${place} .${part}`;
  const [family, station] = place.split("-");
  return station ? `#${family}-tab .stations [value="${station}"]` : `#tab-${family}`;
}

/** The style rule that hides everything named. @param {string[]} names */
export const ruleOf = (names) =>
  names.length ? `${names.map(selectorOf).join(",\n")} { display: none !important; }` : "";
