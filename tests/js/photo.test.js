// What the page does to a photo before it sends it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { isAnimated, readyToSend, scaledDown, steps } from "../../demo/vae/photo.js";

test("a photo is scaled down in its own proportions, and never up", () => {
  assert.deepEqual(scaledDown(6000, 4000, 1500), [1500, 1000]);
  assert.deepEqual(scaledDown(4000, 6000, 1500), [1000, 1500]);
  assert.deepEqual(scaledDown(300, 200, 1500), [300, 200]);
  assert.deepEqual(scaledDown(9000, 2, 1500), [1500, 1]); // a line keeps a pixel
});

test("no step is smaller than half of the one before, and the last is small enough", () => {
  for (const [width, height] of [
    [6000, 4000],
    [12000, 9000],
    [1601, 3],
    [1600, 1600],
    [28, 28],
  ]) {
    let before = [width, height];
    for (const size of steps(width, height, 1600)) {
      assert.ok(Math.max(...size) * 2 >= Math.max(...before));
      before = size;
    }
    assert.ok(Math.max(...before) <= 1600);
  }
  assert.deepEqual(steps(300, 200, 1600), [[300, 200]]);
});

/** A browser that decodes every file to a picture of this size and encodes every canvas to `small`. */
function browser(width, height, small) {
  const drawn = [];
  globalThis.createImageBitmap = /** @type {any} */ (async () => ({ width, height, close() {} }));
  globalThis.document.createElement = /** @type {any} */ (
    () => {
      const canvas = { width: 0, height: 0, toBlob: (resolve, type) => resolve(small && { ...small, type }) };
      const drawImage = () => drawn.push([canvas.width, canvas.height]);
      return Object.assign(canvas, { getContext: () => ({ canvas, drawImage }) });
    }
  );
  return drawn;
}
const file = (type, size) => /** @type {any} */ ({ type, size });

test("a small file of a kind that the server reads goes as it is", async () => {
  const drawn = browser(800, 600, { size: 1 });
  for (const type of ["image/png", "image/jpeg", "image/webp"]) {
    const one = file(type, 400_000);
    assert.equal(await readyToSend(one), one);
  }
  assert.deepEqual(drawn, []);
});

test("a large file, a file of many pixels and a kind that only the browser reads are drawn anew", async () => {
  const drawn = browser(6000, 4000, { size: 1 });
  assert.equal((await readyToSend(file("image/jpeg", 14_000_000))).type, "image/jpeg");
  assert.deepEqual(drawn, [
    [3000, 2000],
    [1600, 1067],
  ]);
  assert.equal((await readyToSend(file("image/png", 300_000))).type, "image/webp"); // may be transparent
  browser(800, 600, { size: 1 });
  assert.equal((await readyToSend(file("image/heic", 300_000))).type, "image/webp");
});

test("what the browser cannot read or write goes to the server as it is", async () => {
  const one = file("image/jpeg", 14_000_000);
  browser(6000, 4000, null);
  assert.equal(await readyToSend(one), one);
  globalThis.createImageBitmap = async () => {
    throw new TypeError("an option that this browser does not know");
  };
  globalThis.URL.createObjectURL = () => "blob:1";
  globalThis.URL.revokeObjectURL = () => {};
  const canDecode = { value: false };
  globalThis.Image = /** @type {any} */ (
    class {
      width = 4000;
      height = 3000;
      async decode() {
        if (!canDecode.value) throw new Error("no picture");
      }
    }
  );
  assert.equal(await readyToSend(one), one);
  canDecode.value = true; // an older browser, which turns only an <img>
  const drawn = browserWithoutBitmaps();
  assert.equal((await readyToSend(one)).size, 7);
  assert.deepEqual(drawn.at(-1), [1600, 1200]);
});

function browserWithoutBitmaps() {
  const failing = globalThis.createImageBitmap;
  const drawn = browser(0, 0, { size: 7 });
  globalThis.createImageBitmap = failing;
  return drawn;
}

test("a GIF, WebP or PNG of several frames is known by its bytes, and one of a single frame is not", async () => {
  const of = (text) => isAnimated(new Blob([Uint8Array.from(text, (letter) => letter.charCodeAt(0))]));
  const frame = "!\xf9\x04....\x00,......";
  assert.deepEqual([await of(`GIF89a${frame}${frame}`), await of(`GIF89a${frame}`)], [true, false]);
  const webp = "RIFF....WEBPVP8X..............";
  assert.deepEqual([await of(`${webp}ANIM`), await of(`${webp}VP8L`)], [true, false]);
  const png = "\x89PNG\r\n\x1a\n....IHDR";
  assert.deepEqual([await of(`${png}....acTL....IDAT`), await of(`${png}....IDAT..acTL`)], [true, false]);
  assert.equal(await of("JFIF"), false);
});
