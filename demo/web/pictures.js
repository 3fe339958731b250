// Sprites: many small pictures in one PNG, drawn on canvases without smoothing.
class Sprite {
  // bitmap holds `count` pictures of size x size, `columns` a row
  constructor(bitmap, { size, columns, count }) {
    this.bitmap = bitmap;
    this.size = size;
    this.columns = columns;
    this.count = count;
  }

  // fills `canvas` with picture `index`; the canvas gets size x size pixels
  draw(canvas, index) {
    if (canvas.width !== this.size || canvas.height !== this.size) canvas.width = canvas.height = this.size;
    this.drawAt(canvas.getContext("2d"), index, 0, 0, this.size);
  }

  // draws picture `index` at (x, y) of a 2-D context, `side` pixels wide
  drawAt(context, index, x, y, side) {
    const { size, columns } = this;
    context.imageSmoothingEnabled = false;
    const left = (index % columns) * size;
    const top = Math.floor(index / columns) * size;
    context.drawImage(this.bitmap, left, top, size, size, x, y, side, side);
  }
}

// loadSprite({png or webp: base64, size, columns, count}) -> Sprite
export const loadSprite = async (record) => {
  const bytes = Uint8Array.from(atob(record.png ?? record.webp), (character) => character.charCodeAt(0));
  const type = record.png ? "image/png" : "image/webp";
  return new Sprite(await createImageBitmap(new Blob([bytes], { type })), record);
};

// unpackFloats({f32: base64, shape}) -> {data: Float32Array, shape}; little-endian, as demo/images.py packs it
export const unpackFloats = (record) => {
  const bytes = Uint8Array.from(atob(record.f32), (character) => character.charCodeAt(0));
  return { data: new Float32Array(bytes.buffer), shape: record.shape };
};

// crossFade(sprite, places, shares): mixes the pictures at `places` pixel by pixel, without a model; one ImageData for
// each list of shares
export const crossFade = (sprite, places, shares) => {
  const ends = places.map((place) => {
    const canvas = document.createElement("canvas");
    sprite.draw(canvas, place);
    return canvas.getContext("2d").getImageData(0, 0, sprite.size, sprite.size).data;
  });
  return shares.map((parts) => {
    const mixed = new ImageData(sprite.size, sprite.size);
    for (let i = 0; i < mixed.data.length; i++) {
      mixed.data[i] = Math.round(parts.reduce((sum, part, end) => sum + part * ends[end][i], 0));
    }
    return mixed;
  });
};

// fills `canvas` with an ImageData; the canvas gets its size
export const drawPixels = (canvas, pixels) => {
  if (canvas.width !== pixels.width || canvas.height !== pixels.height) {
    canvas.width = pixels.width;
    canvas.height = pixels.height;
  }
  canvas.getContext("2d").putImageData(pixels, 0, 0);
};

// the side, in CSS pixels, at which a picture of `size` pixels fits into `room`: a whole number of screen pixels for each
// of its pixels; if the room is too small even for one, the room itself (the picture is then reduced and smoothed)
export function fitted(size, room) {
  const unit = size / window.devicePixelRatio;
  return room >= unit ? Math.floor(room / unit + 1e-6) * unit : Math.floor(room);
}
