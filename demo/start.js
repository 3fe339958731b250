// The first script of the page, at the beginning of its <head> (demo/component.py). It imports the page's own scripts. If
// these or Gradio's do not arrive, or if the browser is too old for them, it says so, as nothing else can. The syntax is
// that of old browsers. SENTENCES and ENTRY are filled in by Python.
/* eslint no-var: "off", compat/compat: "off", no-unused-vars: "off" -- it runs in browsers that are too old */
(function () {
  /** @type {any} */
  var sentences = "SENTENCES"; // {language: {lost, old, again}}
  var entry = "ENTRY"; // the path of the module that mounts the parts
  var SLOW = 30000; // milliseconds after which the page should be there
  var BETWEEN = 60000; // milliseconds between two reloads that nobody asked for
  var LEAST = 640; // pixels of height; a frame whose page has not come yet may be lower
  var note = null;

  function words(key) {
    var linked = /[?&]lang=([\w-]+)/.exec(location.search);
    var wanted = (linked ? linked[1] : navigator.language || "en").toLowerCase();
    for (var tag in sentences) if (tag.toLowerCase() === wanted) return sentences[tag][key];
    for (tag in sentences) if (tag.split("-")[0] === wanted.split("-")[0]) return sentences[tag][key];
    return sentences.en[key];
  }

  function say(key, again) {
    if (note) return;
    note = document.createElement("div");
    note.id = "page-start";
    note.setAttribute("role", "alert");
    note.style.cssText =
      "margin:12px;padding:12px 16px;border:2px solid #b3261e;border-radius:8px;background:#fff;color:#1a1a1a;" +
      "font:16px/1.4 system-ui,sans-serif";
    note.appendChild(document.createTextNode(words(key) + " "));
    if (again) note.appendChild(makeButton());
    if (document.body) put();
    else document.addEventListener("DOMContentLoaded", put);
  }

  function put() {
    if (note) document.body.insertBefore(note, document.body.firstChild);
  }

  function makeButton() {
    var button = document.createElement("button");
    button.type = "button";
    button.style.cssText = "font:inherit;padding:6px 14px";
    button.appendChild(document.createTextNode(words("again")));
    button.onclick = function () {
      location.reload();
    };
    return button;
  }

  function lost() {
    say("lost", true);
    window.addEventListener("online", function () {
      reloadByItself();
    });
  }

  // the page is empty, so a reload loses nothing; but a filter that lets nothing through must not make it go on for ever
  function reloadByItself() {
    try {
      var last = Number(sessionStorage.getItem("page-start"));
      if (Date.now() - last < BETWEEN) return;
      sessionStorage.setItem("page-start", String(Date.now()));
    } catch (error) {
      return; // without storage it cannot be known
    }
    location.reload();
  }

  // a script or a style sheet of this server did not arrive; Plotly's is asked for again by who wants it
  window.addEventListener(
    "error",
    function (event) {
      var from = /** @type {any} */ (event.target);
      var address = from && (from.src || (from.rel === "stylesheet" && from.href));
      if (!address || !/^(SCRIPT|LINK)$/.test(from.tagName) || address.indexOf(location.origin) !== 0) return;
      if (!/plotly\.js|iframeResizer/.test(address)) lost();
    },
    true,
  );

  // A form is sent by a station's script. Before that has come the browser would send it itself, and so load the page anew
  // at another place.
  document.addEventListener("submit", function (event) {
    if (!(/** @type {any} */ (event.target).getAttribute("action"))) event.preventDefault();
  });

  // A page around this one, such as the Hub's around a Space, may make the frame as high as what is in it. Pictures that
  // grow with the window would make it grow, and so on: in such a frame that height counts which it had at first.
  var height = Math.max(window.innerHeight, LEAST);
  window.addEventListener("gradio:iframe-resizer-ready", function () {
    document.documentElement.style.setProperty("--window-height", height + "px");
  });

  var load;
  try {
    load = new Function("address", "class A { #b() { return A?.b ?? 1; } } A.b ??= 1; return import(address);");
    if (!Array.prototype.at || !Object.fromEntries || !window.IntersectionObserver) throw new Error();
  } catch (error) {
    say("old", false);
    /** @type {any} */ (window).playground = { then: function () {} }; // no part is mounted
    return;
  }
  var page = load(new URL(entry, document.baseURI).href);
  page.then(
    function () {
      setTimeout(function () {
        if (!document.querySelector(".page-head .tab:not(:empty)")) lost();
      }, SLOW);
      new MutationObserver(function (changes, observer) {
        if (!document.querySelector(".page-head .tab:not(:empty)")) return;
        observer.disconnect();
        if (note) note.parentNode.removeChild(note);
        note = null;
      }).observe(document, { childList: true, subtree: true });
    },
    function () {
      lost();
    },
  );
  /** @type {any} */ (window).playground = page;
})();
