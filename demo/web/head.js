// The page's head: tabs, language, theme, projector mode and a link to the current view.
import { address } from "./address.js";
import { COPIED_FOR, copyToClipboard } from "./copy.js";
import { LANGUAGES, currentLanguage, onLanguage, sentence, setLanguage, translate } from "./i18n.js";
import { openLesson } from "./lesson.js";
import { misread, onMisread } from "./misread.js";
import { mounted } from "./parts.js";
import { openRoom } from "./room.js";
import { enterStation, onStation, openIn, showLinked } from "./stations.js";
import { lasting } from "./storage.js";
import { keepSliders } from "./touch.js";

const { element, props } = mounted("web/head");
const buttons = (selector) => /** @type {HTMLButtonElement[]} */ ([...element.querySelectorAll(selector)]);
const tabs = buttons(".tab");
const languages = LANGUAGES.map(makeLanguage);
const projector = element.querySelector(".projector");
/** @type {HTMLElement} */
const copied = element.querySelector(".copied");

keepSliders(document);
element.querySelector(".languages").append(...languages);
if (props.language && !address.get("lang") && !lasting.get("language")) setLanguage(props.language);

/** @param {string} tag */
function makeLanguage(tag) {
  const button = document.createElement("button");
  Object.assign(button, { className: "tool language", lang: tag, value: tag });
  button.textContent = tag.split("-")[0].toUpperCase();
  return button;
}

function openTab(family, focus = false) {
  for (const tab of tabs) {
    const open = tab.id === `tab-${family}`;
    tab.setAttribute("aria-selected", String(open));
    tab.tabIndex = open ? 0 : -1;
    if (open && focus) tab.focus();
  }
  document.body.dataset.tab = family;
  drawTitle();
  document.querySelectorAll(".tab-panel").forEach((panel) => {
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", panel.id.replace("panel-", "tab-"));
  });
}

// station, tab and page: so that windows, bookmarks and the way back can be told apart
function drawTitle() {
  const family = document.body.dataset.tab;
  if (!family) return;
  const station = openIn(family);
  const keys = [...(station ? [`${family}.${station}.name`] : []), `tab.${family}`, "page.title"];
  document.title = keys.map((key) => sentence(key)).join(" · ");
}

function openLinked() {
  const linked = address.get("tab");
  const isTab = tabs.some((tab) => tab.id === `tab-${linked}`);
  if (linked && !isTab) misread("tab");
  const family = isTab ? linked : "vae";
  openTab(family);
  showLinked(family);
}

tabs.forEach((tab, i) => {
  const family = tab.id.replace("tab-", "");
  tab.addEventListener("click", () => {
    openTab(family);
    address.visit({ tab: family, station: openIn(family) });
  });
  tab.addEventListener("keydown", (event) => {
    const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = tabs.at(to % tabs.length);
    next.click();
    next.focus();
  });
});

function showLanguage() {
  for (const button of languages) button.setAttribute("aria-pressed", String(button.value === currentLanguage()));
  drawTitle();
}

for (const button of languages) {
  button.addEventListener("click", () => {
    setLanguage(button.value);
    address.set({ lang: button.value });
    lasting.set("language", button.value);
  });
}

// Gradio itself reads the theme in the address
const theme = lasting.get("theme");
if (theme && !address.get("__theme")) document.body.classList.toggle("dark", theme === "dark");

element.querySelector(".theme").addEventListener("click", () => {
  const chosen = document.body.classList.toggle("dark") ? "dark" : "light";
  address.set({ __theme: chosen });
  lasting.set("theme", chosen);
});

function enlarge(on) {
  document.documentElement.classList.toggle("projector", on);
  projector.setAttribute("aria-pressed", String(on));
}

enlarge((address.get("projector") ?? lasting.get("projector")) === "1");
projector.addEventListener("click", () => {
  const on = projector.getAttribute("aria-pressed") === "false";
  enlarge(on);
  address.set({ projector: on ? "1" : null });
  lasting.set("projector", on ? "1" : "0");
});

element.querySelector(".link").addEventListener("click", async () => {
  copied.dataset.text = await copyToClipboard(location.href);
  if (copied.dataset.text === "page.copied") copied.textContent = sentence(copied.dataset.text);
  setTimeout(() => {
    delete copied.dataset.text;
    copied.textContent = "";
  }, COPIED_FOR);
});

element.querySelector(".skip").addEventListener("click", () => enterStation(document.body.dataset.tab));
element.querySelector(".room-open").addEventListener("click", openRoom);

/** @type {HTMLElement} */
const misreadNote = element.querySelector(".misread");
onMisread(() => (misreadNote.hidden = false));
misreadNote.querySelector("button").addEventListener("click", () => (misreadNote.hidden = true));

onLanguage(showLanguage);
translate(element);
showLanguage();
onStation(drawTitle);
openLinked();
openLesson();
address.onReturn(["tab", "station"], openLinked);
