// Sentences, numbers and messages in the language in view. All sentences are in the page: switching asks nobody.
window.Playground = window.Playground || {};

(() => {
  const texts = window.PLAYGROUND_TEXTS;
  const listeners = new Set();
  const kinds = { text: "textContent", title: "title", label: "aria-label", placeholder: "placeholder" };

  function firstChoice() {
    const fromAddress = new URLSearchParams(location.search).get("lang");
    const wished = [fromAddress, ...(navigator.languages || [navigator.language])];
    for (const tag of wished.filter(Boolean)) {
      if (tag.toLowerCase().startsWith("pt")) return "pt-BR";
      if (tag.toLowerCase().startsWith("en")) return "en";
    }
    return "en";
  }

  Playground.language = firstChoice();
  document.documentElement.lang = Playground.language;

  // text("vae.frames", {count: 12}) -> "12 frames"; a key that is missing shows itself
  Playground.text = (key, values = {}) => {
    const sentence = texts[Playground.language][key] ?? texts.en[key] ?? key;
    return sentence.replace(/\{(\w+)\}/g, (gap, name) => values[name] ?? gap);
  };

  // fills data-text, data-title, data-label (aria-label) and data-placeholder below `root`
  Playground.translate = (root = document) => {
    for (const [kind, attribute] of Object.entries(kinds)) {
      for (const part of root.querySelectorAll(`[data-${kind}]`)) {
        const sentence = Playground.text(part.dataset[kind]);
        if (attribute === "textContent") part.textContent = sentence;
        else part.setAttribute(attribute, sentence);
      }
    }
  };

  Playground.onLanguage = (callback) => listeners.add(callback);

  Playground.setLanguage = (language) => {
    if (!(language in texts)) return;
    Playground.language = language;
    document.documentElement.lang = language;
    Playground.translate();
    for (const callback of listeners) callback(language);
  };

  const formats = {}; // making one costs more than using it a hundred times

  // number(0.1234, 2) -> "0.12" or "0,12"
  Playground.number = (value, digits = 0) => {
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    formats[Playground.language + digits] ??= new Intl.NumberFormat(Playground.language, options);
    return formats[Playground.language + digits].format(value);
  };

  // percent(0.614) -> "61 %"; below one in ten one decimal, below one in a thousand "<0.1 %"
  Playground.percent = (share) => {
    if (share === 0) return "0 %";
    if (share < 0.001) return `<${Playground.number(0.1, 1)} %`;
    return `${Playground.number(100 * share, share < 0.0995 ? 1 : 0)} %`;
  };

  // shows an error (as thrown by Playground.ask), or clears it, in the part's own element with class "message"
  Playground.say = (element, error) => {
    const place = element.querySelector(".message");
    place.dataset.error = error ? JSON.stringify({ key: error.key || "error.surprise", values: error.values || {} }) : "";
    sayAgain(place);
  };

  function sayAgain(place) {
    const error = place.dataset.error && JSON.parse(place.dataset.error);
    place.textContent = error ? Playground.text(error.key, error.values) : "";
    place.hidden = !error;
  }

  Playground.onLanguage(() => document.querySelectorAll(".message[data-error]").forEach(sayAgain));
})();
