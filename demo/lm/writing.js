// What the stations that write a text share: how a prompt is sent, how the knobs are shown, what the right arrow does.
import { PRESETS, sameKnobs } from "./sampling.js";
import { formatNumber, sentence } from "../web/i18n.js";

const touch = matchMedia("(pointer: coarse)").matches; // a phone has no other key for a line end than Enter

// the form around `field` (a textarea) writes on Enter and when it is sent
export const onWrite = (field, write) => {
  field.addEventListener("keydown", (event) => {
    const typed = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (!typed || touch) return;
    event.preventDefault();
    write();
  });
  field.form.addEventListener("submit", (event) => {
    event.preventDefault();
    write();
  });
};

// the numbers beside the three sliders below `root`, and which of the presets they are
export const showKnobs = (root, now) => {
  const kept = now.top_k === null ? sentence("lm.top_k.all") : formatNumber(now.top_k);
  root.querySelector(".temperature-value").textContent = formatNumber(now.temperature, 2);
  root.querySelector(".top-k-value").textContent = kept;
  root.querySelector(".top-p-value").textContent = formatNumber(now.top_p, 2);
  root.querySelector(".top-k").setAttribute("aria-valuetext", kept);
  for (const button of root.querySelectorAll(".presets button"))
    button.setAttribute("aria-pressed", sameKnobs(PRESETS[button.value], now));
};

// the right arrow steps on even at the end, where it asks for one token more
export const onStepKey = (root, step) => {
  const first = { capture: true }; // before the player's own keys
  root.addEventListener(
    "keydown",
    (event) => {
      const typing = event.target.matches("input:not(.scrubber), select, textarea");
      if (event.key !== "ArrowRight" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      step();
    },
    first,
  );
};
