// The page's head: tabs, language, theme, projector mode and a link to what is in view.
const tabs = [...element.querySelectorAll(".tab")];
const languages = [...element.querySelectorAll(".language")];
const projector = element.querySelector(".projector");
const copied = element.querySelector(".copied");

if (props.language && !Playground.address.get("lang")) Playground.setLanguage(props.language);

function openTab(family, focus = false) {
  for (const tab of tabs) {
    const open = tab.id === `tab-${family}`;
    tab.setAttribute("aria-selected", open);
    tab.tabIndex = open ? 0 : -1;
    if (open && focus) tab.focus();
  }
  document.body.dataset.tab = family;
  document.querySelectorAll(".tab-panel").forEach((panel) => {
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", panel.id.replace("panel-", "tab-"));
  });
  window.dispatchEvent(new Event("resize")); // charts measure themselves anew
}

tabs.forEach((tab, i) => {
  const family = tab.id.replace("tab-", "");
  tab.addEventListener("click", () => {
    openTab(family);
    Playground.address.set({ tab: family, station: null });
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
  for (const button of languages) button.setAttribute("aria-pressed", button.value === Playground.language);
  document.title = Playground.text("page.title");
}

for (const button of languages) {
  button.addEventListener("click", () => {
    Playground.setLanguage(button.value);
    Playground.address.set({ lang: button.value });
  });
}

element.querySelector(".theme").addEventListener("click", () => {
  const dark = document.body.classList.toggle("dark");
  Playground.address.set({ __theme: dark ? "dark" : "light" });
});

projector.addEventListener("click", () => {
  const on = document.documentElement.classList.toggle("projector");
  projector.setAttribute("aria-pressed", on);
  window.dispatchEvent(new Event("resize"));
});

element.querySelector(".link").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    copied.dataset.text = "page.copied";
  } catch {
    copied.dataset.text = "page.copy_by_hand"; // no clipboard without https
  }
  copied.textContent = Playground.text(copied.dataset.text);
  setTimeout(() => {
    delete copied.dataset.text;
    copied.textContent = "";
  }, 4000);
});

Playground.onLanguage(showLanguage);
Playground.translate(element);
showLanguage();
const wished = Playground.address.get("tab");
openTab(tabs.some((tab) => tab.id === `tab-${wished}`) ? wished : "vae");
