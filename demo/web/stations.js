// Stations: one idea, one screen, one address (?tab=gan&station=training). A tab with one station shows no list.
//
// stations(element, family, [["gallery", part], …]): fills the <nav class="stations"> below `element` from the
// keys "<family>.<station>.name" and shows one part at a time.
import { address } from "./address.js";
import { translate } from "./i18n.js";

export const createStations = (element, family, names) => {
  const nav = element.querySelector(".stations");
  const part = (name) => document.getElementById(`${family}-${name}`);

  function open(name) {
    for (const button of nav.children) {
      button.setAttribute("aria-pressed", button.value === name);
      // on a phone the list is wider than the screen
      if (button.value === name) nav.scrollLeft = button.offsetLeft - nav.offsetLeft - nav.clientWidth / 3;
    }
    for (const other of names) part(other)?.toggleAttribute("hidden", other !== name);
    window.dispatchEvent(new Event("resize"));
  }

  for (const name of names) {
    const button = document.createElement("button");
    button.value = name;
    button.dataset.text = `${family}.${name}.name`;
    button.addEventListener("click", () => {
      open(name);
      address.set({ tab: family, station: name });
    });
    nav.append(button);
  }
  translate(nav);
  const wished = address.get("tab") === family && address.get("station");
  open(names.includes(wished) ? wished : names[0]);
};
