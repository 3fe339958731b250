// Tokens on the page: a text made of them, and bars for what could come next. Styles in 8_tokens.css.
(() => {
  const SIGNS = { " ": "␣", "\n": "↵" };
  const NAMES = { " ": "lm.token.space", "\n": "lm.token.line_end" };
  const LEVELS = [0.02, 0.1, 0.3, 0.7]; // where the tint of a token gets stronger
  const PROMPT_SHOWN = 1000; // characters of a long prompt, its end
  const LIKELIEST = 10; // bars shown besides the drawn token's
  const MOST_BARS = 200;

  // what stands for a token where white space would not be seen, and what a screen reader says
  Playground.tokenSign = (token) => Array.from(token, (character) => SIGNS[character] ?? character).join("");
  Playground.tokenName = (token) => (NAMES[token] ? Playground.text(NAMES[token]) : token);

  // tokenText(place, onChoose) fills `place` (class "token-text") with a prompt and the tokens made after it:
  //   {draw(prompt, steps), extend(steps), show(index)}; a step has .text and .p, its probability
  Playground.tokenText = (place, onChoose) => {
    let tokens = [];
    let shown = 0;

    const list = document.createElement("span");
    list.setAttribute("role", "listbox");
    list.dataset.label = "lm.text";
    list.setAttribute("aria-label", Playground.text("lm.text"));
    place.addEventListener("click", (event) => {
      const token = event.target.closest(".token");
      if (token) onChoose(tokens.indexOf(token));
    });

    function draw(prompt, steps) {
      const before = document.createElement("span");
      before.className = "prompt";
      const cut = Math.max(0, prompt.length - PROMPT_SHOWN);
      if (cut) before.append(earlier(cut));
      for (const piece of prompt.slice(cut).join("").split(/([ \n])/)) before.append(...pieceOf(piece));
      tokens = [];
      shown = 0;
      list.replaceChildren();
      place.replaceChildren(before, list);
      extend(steps);
    }

    function extend(steps) {
      const fresh = document.createDocumentFragment();
      for (const step of steps.slice(tokens.length)) {
        const token = tokenOf(step);
        token.classList.toggle("later", tokens.length > shown);
        tokens.push(token);
        fresh.append(token);
        if (step.text.endsWith("\n")) fresh.append("\n");
      }
      list.append(fresh);
    }

    function show(index) {
      const focused = tokens.includes(document.activeElement);
      if (tokens[shown]) mark(tokens[shown], false);
      const [low, high] = [Math.min(index, shown), Math.max(index, shown)];
      for (let i = low; i <= Math.min(high, tokens.length - 1); i++) tokens[i].classList.toggle("later", i > index);
      shown = index;
      if (!tokens[index]) return;
      mark(tokens[index], true);
      if (focused) tokens[index].focus({ preventScroll: true });
      keepInView(tokens[index]);
    }

    function mark(token, inView) {
      token.setAttribute("aria-selected", inView);
      token.tabIndex = inView ? 0 : -1;
    }

    // scrolls the text, never the page
    function keepInView(token) {
      const [box, frame] = [token.getBoundingClientRect(), place.getBoundingClientRect()];
      const margin = box.height;
      if (box.top < frame.top + margin) place.scrollTop -= frame.top + margin - box.top;
      if (box.bottom > frame.bottom - margin) place.scrollTop += box.bottom - frame.bottom + margin;
    }

    return { draw, extend, show };
  };

  // the strength of a token's tint, 0 to 4
  Playground.tint = (p) => LEVELS.filter((level) => p >= level).length;

  function tokenOf({ text, p }) {
    const token = document.createElement("span");
    token.className = `token tint-${Playground.tint(p)}`;
    token.setAttribute("role", "option");
    token.setAttribute("aria-selected", false);
    token.tabIndex = -1;
    if (text === " ") token.classList.add("space");
    if (text.endsWith("\n")) token.classList.add("line-end");
    token.textContent = text.replace("\n", "");
    if (NAMES[text]) token.dataset.label = NAMES[text];
    if (NAMES[text]) token.setAttribute("aria-label", Playground.text(NAMES[text]));
    return token;
  }

  function pieceOf(piece) {
    if (piece !== " " && piece !== "\n") return [piece];
    const span = document.createElement("span");
    span.className = piece === " " ? "space" : "line-end";
    if (piece === " ") span.textContent = piece;
    return piece === " " ? [span] : [span, "\n"];
  }

  function earlier(count) {
    const span = document.createElement("span");
    span.className = "earlier";
    span.dataset.count = count;
    span.textContent = `${Playground.text("lm.text.earlier", { count: Playground.number(count) })}\n`;
    return span;
  }

  Playground.onLanguage(() => {
    for (const span of document.querySelectorAll(".token-text .earlier")) span.replaceWith(earlier(+span.dataset.count));
  });

  // tokenBars(place, onTake) fills `place` (class "token-bars") with one row a token, likeliest first, and the rest:
  //   draw({vocabulary, own, after, ranked, chosen, forced, counted, total, knobs})
  // own and after: probabilities before and after the knobs; counted: id -> count, or null
  Playground.tokenBars = (place, onTake) => {
    const rows = [];
    const rest = makeRow();
    let open = false;
    let last = null;

    place.append(makeHead());
    rest.button.classList.add("rest");
    rest.button.addEventListener("click", () => {
      open = !open;
      place.classList.toggle("open", open);
      if (last) draw(last);
      place.scrollTop = 0;
    });

    function fit(count) {
      while (rows.length > count) rows.pop().button.remove();
      while (rows.length < count) {
        const row = makeRow();
        row.button.addEventListener("click", () => onTake(row.id));
        rows.push(row);
      }
      place.append(...rows.map((row) => row.button), rest.button);
    }

    function draw(view) {
      last = view;
      const count = Math.min(open ? MOST_BARS : LIKELIEST + 1, view.vocabulary.length);
      if (rows.length !== count) fit(count);
      place.classList.toggle("with-counts", view.counted !== null);
      const ids = view.ranked.slice(0, count);
      if (!ids.includes(view.chosen)) ids[count - 1] = view.chosen;
      let [ownLeft, afterLeft, cutShown] = [1, 1, false];
      ids.forEach((id, i) => {
        const cut = view.after[id] === 0 && view.own[id] > 0;
        drawRow(rows[i], id, view, cut && !cutShown ? reason(id, view) : "");
        rows[i].button.classList.toggle("cut", cut);
        cutShown ||= cut;
        ownLeft -= view.own[id];
        afterLeft -= view.after[id];
      });
      drawRest(view, ids, Math.max(0, ownLeft), afterLeft < 1e-9 ? 0 : afterLeft);
    }

    function drawRow(row, id, view, why) {
      const token = view.vocabulary[id];
      const chosen = id === view.chosen;
      row.id = id;
      row.chip.textContent = Playground.tokenSign(token);
      setShares(row, view.own[id], view.after[id]);
      row.why.textContent = why;
      row.button.classList.toggle("first-cut", why !== "");
      row.button.classList.toggle("chosen", chosen);
      row.button.classList.toggle("forced", chosen && view.forced);
      const values = { count: Playground.number(view.counted?.get(id) ?? 0), total: Playground.number(view.total ?? 0) };
      row.counted.textContent = view.counted ? Playground.text("lm.bars.counted.of", values) : "";
      const state = chosen ? (view.forced ? "lm.row.forced" : "lm.row.drawn") : "lm.row.take";
      const shares = { token: Playground.tokenName(token), own: row.own.textContent, after: row.after.textContent };
      const seen = view.counted ? Playground.text("lm.row.counted", values) : "";
      row.button.setAttribute("aria-label", `${Playground.text("lm.row", shares)} ${seen} ${Playground.text(state)}`);
    }

    function drawRest(view, ids, ownLeft, afterLeft) {
      const count = view.vocabulary.length - ids.length;
      const shown = new Set(ids);
      const cut = view.ranked.filter((id) => !shown.has(id) && view.after[id] === 0).length;
      setShares(rest, ownLeft, afterLeft);
      rest.chip.textContent = open ? "−" : `+${count}`;
      const values = { count: Playground.number(count || ids.length), cut: Playground.number(cut) };
      rest.why.textContent = Playground.text(count ? (cut ? "lm.rest.cut" : "lm.rest") : "lm.rest.none", values);
      rest.button.setAttribute("aria-expanded", open);
      rest.button.title = Playground.text(open ? "lm.rest.close" : "lm.rest.open");
      const shares = { token: rest.why.textContent, own: rest.own.textContent, after: rest.after.textContent };
      rest.button.setAttribute("aria-label", `${Playground.text("lm.row", shares)} ${rest.button.title}`);
    }

    Playground.onLanguage(() => last && draw(last));
    return { draw };
  };

  // why the token `id` cannot be drawn, in a few words
  function reason(id, { ranked, knobs }) {
    if (knobs.temperature === 0) return Playground.text("lm.cut.temperature");
    if (knobs.top_k !== null && ranked.indexOf(id) >= knobs.top_k)
      return Playground.text("lm.cut.top_k", { value: Playground.number(knobs.top_k) });
    if (knobs.top_p < 1) return Playground.text("lm.cut.top_p", { value: Playground.number(knobs.top_p, 2) });
    return "";
  }

  function setShares(row, own, after) {
    row.button.style.setProperty("--own", own);
    row.button.style.setProperty("--after", after);
    row.own.textContent = Playground.percent(own);
    row.after.textContent = Playground.percent(after);
  }

  // column names, with the look of the two bars
  function makeHead() {
    const head = document.createElement("div");
    head.className = "token-bars-head";
    head.setAttribute("aria-hidden", true); // each row says it all
    for (const name of ["token", "", "own", "after", "counted"]) {
      const span = document.createElement("span");
      span.className = name && `head-${name}`;
      if (name) span.dataset.text = `lm.bars.${name}`;
      head.append(span);
    }
    Playground.translate(head);
    return head;
  }

  function makeRow() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "token-row";
    const part = (name, tag = "span") => {
      const span = document.createElement(tag);
      span.className = name;
      button.append(span);
      return span;
    };
    const row = { button, chip: part("chip"), track: part("track"), own: part("own"), after: part("after") };
    row.counted = part("counted");
    for (const name of ["bar-own", "bar-after", "why"]) {
      const span = document.createElement("span");
      span.className = name;
      row.track.append(span);
    }
    row.why = row.track.lastChild;
    return row;
  }
})();
