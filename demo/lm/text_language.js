// The language in which a corpus is written: a screen reader speaks its texts in it, whatever the page's language is.
import { lmStore } from "./store.js";
import { lookup } from "../web/lookup.js";

const LANGUAGES = { shakespeare: "en", machado: "pt-BR" }; // of a text of one's own nobody knows it

/** Such as "pt-BR"; "" if it is unknown. @param {string} [corpus] by default the chosen one */
export const textLanguage = (corpus = lmStore.state.corpus) => lookup(LANGUAGES, corpus) ?? "";

/** Gives an element that shows text of the chosen corpus its language. @template {HTMLElement} E @param {E} element */
export function inTextLanguage(element) {
  element.lang = textLanguage();
  return element;
}

/** The same for a field in which such a text is typed, at every change of the corpus. @param {HTMLElement} field */
export const followTextLanguage = (field) => lmStore.listen(() => inTextLanguage(field));
