// Copies a text for the visitor, by three ways.
import { sentence } from "./i18n.js";

export const COPIED_FOR = 4000; // milliseconds for which the message "copied" stays

/** Copies a text, or shows it selected in a box. Resolves to the key of a message: copied, or please copy by hand. */
export async function copyToClipboard(text) {
  if ((await copiedByClipboard(text)) || copiedByCommand(text)) return "page.copied";
  showToCopy(text);
  return "page.copy_by_hand";
}

// without https a page has no clipboard, and in another site's frame it needs a permission
const copiedByClipboard = (text) =>
  Promise.resolve()
    .then(() => navigator.clipboard.writeText(text))
    .then(
      () => true,
      () => false,
    );

function copiedByCommand(text) {
  const before = document.activeElement;
  const field = fieldWith(text);
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  let copied = false;
  try {
    copied = document.execCommand("copy");
  } catch {
    // the frame forbids it
  }
  field.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return copied;
}

function fieldWith(text) {
  const field = document.createElement("input");
  field.readOnly = true;
  field.value = text;
  return field;
}

// a box with the text, selected; it closes by its button, by Escape, and when the focus leaves it
function showToCopy(text) {
  const before = document.activeElement;
  const box = document.createElement("div");
  box.className = "copy-box";
  box.setAttribute("role", "dialog");
  const label = document.createElement("label");
  label.textContent = sentence("page.copy_by_hand");
  const field = fieldWith(text);
  label.append(field);
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button";
  close.textContent = sentence("page.close");
  box.append(label, close);
  box.setAttribute("aria-label", label.textContent);
  const end = () => {
    box.remove();
    if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  };
  close.addEventListener("click", end);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") end();
    event.stopPropagation(); // stations hear keys too
  });
  document.querySelectorAll(".copy-box").forEach((other) => other.remove());
  document.body.append(box);
  field.focus({ preventScroll: true });
  field.select();
}
