// The page's head: tabs, language, theme, projector mode and a link to the current view.
import { address } from "./address.js";
import { COPIED_FOR, copyToClipboard } from "./dom.js";
import { currentLanguage, onLanguage, sentence, setLanguage, translate } from "./i18n.js";
import { mounted } from "./parts.js";

const { element, props } = mounted("web/head");
const buttons = (selector) => /** @type {HTMLButtonElement[]} */ ([...element.querySelectorAll(selector)]);
const tabs = buttons(".tab");
const languages = buttons(".language");
const projector = element.querySelector(".projector");
/** @type {HTMLElement} */
const copied = element.querySelector(".copied");

if (props.language && !address.get("lang")) setLanguage(props.language);

function openTab(family, focus = false) {
  for (const tab of tabs) {
    const open = tab.id === `tab-${family}`;
    tab.setAttribute("aria-selected", String(open));
    tab.tabIndex = open ? 0 : -1;
    if (open && focus) tab.focus();
  }
  document.body.dataset.tab = family;
  document.querySelectorAll(".tab-panel").forEach((panel) => {
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", panel.id.replace("panel-", "tab-"));
  });
}

tabs.forEach((tab, i) => {
  const family = tab.id.replace("tab-", "");
  tab.addEventListener("click", () => {
    openTab(family);
    address.set({ tab: family, station: null });
  });
  tab.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const next = tabs[(i + by + tabs.length) % tabs.length];
    next.click();
    next.focus();
  });
});

function showLanguage() {
  for (const button of languages) button.setAttribute("aria-pressed", String(button.value === currentLanguage()));
  document.title = sentence("page.title");
}

for (const button of languages) {
  button.addEventListener("click", () => {
    setLanguage(button.value);
    address.set({ lang: button.value });
  });
}

element.querySelector(".theme").addEventListener("click", () => {
  const dark = document.body.classList.toggle("dark");
  address.set({ __theme: dark ? "dark" : "light" });
});

projector.addEventListener("click", () => {
  const on = document.documentElement.classList.toggle("projector");
  projector.setAttribute("aria-pressed", String(on));
});

element.querySelector(".link").addEventListener("click", async () => {
  copied.dataset.text = await copyToClipboard(location.href);
  copied.textContent = sentence(copied.dataset.text);
  setTimeout(() => {
    delete copied.dataset.text;
    copied.textContent = "";
  }, COPIED_FOR);
});

onLanguage(showLanguage);
translate(element);
showLanguage();
const linked = address.get("tab");
openTab(tabs.some((tab) => tab.id === `tab-${linked}`) ? linked : "vae");
