import assert from "node:assert/strict";
import { test } from "node:test";

import { watchHistory } from "./page.js";

const visited = watchHistory("?tab=vae");
const { address } = await import("../../demo/web/address.js");
const { createLink, param, text } = await import("../../demo/web/link.js");

test("only another place is an entry of its own, and Back and Forward go to it", () => {
  address.set({ vae_frames: 20 });
  address.visit({ tab: "vae", station: "map" });
  address.visit({ tab: "vae", station: "map" });
  address.set({ vae_map: "rings" });
  address.visit({ tab: "gan", station: "gallery" });
  assert.deepEqual(visited.entries, [
    "?tab=vae&vae_frames=20",
    "?tab=vae&vae_frames=20&station=map&vae_map=rings",
    "?tab=gan&vae_frames=20&station=gallery&vae_map=rings",
  ]);
  const places = [];
  address.onReturn(["tab", "station"], () => places.push([address.get("tab"), address.get("station")]));
  visited.go(-2);
  visited.go(1);
  assert.deepEqual(places, [
    ["vae", null],
    ["vae", "map"],
  ]);
  assert.equal(visited.entries.length, 3);
});

test("after Back the address says what is shown: the entry's values that somebody reads again, else those of now", () => {
  const link = createLink({ set: param("vae_set", text(), "digits") });
  const heard = [];
  link.onReturn(() => heard.push(link.read().set));
  address.set({ vae_set: "digits", lang: "en", other: "1" });
  address.visit({ tab: "vae", station: "training" });
  address.set({ vae_set: "fashion", lang: "pt-BR", other: null });
  visited.go(-1);
  assert.deepEqual(heard, ["digits"]);
  assert.deepEqual([address.get("vae_set"), address.get("lang"), address.get("other")], ["digits", "pt-BR", null]);
  address.visit({ tab: "vae", station: "walk" });
  visited.go(-1);
  assert.deepEqual(heard, ["digits"], "nothing of the set has changed");
});

test("what stands behind the # stays", () => {
  globalThis.location.hash = "#text";
  const urls = [];
  globalThis.history.replaceState = (state, title, url) => urls.push(url);
  address.set({ lang: "en" });
  assert.ok(urls[0].endsWith("#text"));
  globalThis.location.hash = "";
});

test('a visitor\'s text stands behind the "#", and moves there from an old link', () => {
  location.search = "?tab=lm&lm_text=mine";
  location.hash = "";
  const urls = [];
  const { replaceState } = history;
  history.replaceState = (state, title, url) => {
    urls.push(url);
    [location.search, location.hash] = [url.split("#")[0], url.includes("#") ? `#${url.split("#")[1]}` : ""];
  };
  assert.equal(address.get("lm_text"), "mine");
  address.set({ lm_text: "yours & mine", lm_unit: "words" }, ["lm_text"]);
  assert.deepEqual(urls, ["?tab=lm&lm_unit=words#lm_text=yours+%26+mine"]);
  assert.equal(address.get("lm_text"), "yours & mine");
  address.set({ lang: "en" });
  assert.ok(urls.at(-1).endsWith("&lang=en#lm_text=yours+%26+mine"));
  address.set({ lm_text: null });
  assert.ok(!urls.at(-1).includes("#"));
  history.replaceState = replaceState;
  location.search = "";
});

test("inside a Space the page around it is told the query, and no other page is", () => {
  const told = [];
  globalThis.parent = /** @type {any} */ ({ postMessage: (...message) => told.push(message) });
  const framedBy = (origin) => (globalThis.location.ancestorOrigins = /** @type {any} */ ([origin]));
  globalThis.history.replaceState = () => (globalThis.location.search = "?tab=gan&lang=en");
  framedBy("https://school.example");
  address.set({ lang: "en" });
  assert.deepEqual(told, []);
  framedBy("https://huggingface.co");
  address.set({ lang: "en" });
  assert.deepEqual(told, [[{ queryString: "tab=gan&lang=en", hash: "" }, "https://huggingface.co"]]);
});
