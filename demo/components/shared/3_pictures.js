// Sprites: many small pictures in one PNG, drawn on canvases by whole factors, never smoothed.
(() => {
  class Sprite {
    // bitmap holds `count` pictures of size x size, `columns` a row
    constructor(bitmap, { size, columns, count }) {
      Object.assign(this, { bitmap, size, columns, count });
    }

    // draws picture `index` on the whole of `canvas`, whose own resolution becomes size x size
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

  // sprite({png or webp: base64, size, columns, count}) -> Sprite
  Playground.sprite = async (record) => {
    const bytes = Uint8Array.from(atob(record.png ?? record.webp), (character) => character.charCodeAt(0));
    const type = record.png ? "image/png" : "image/webp";
    return new Sprite(await createImageBitmap(new Blob([bytes], { type })), record);
  };

  // floats({f32: base64, shape}) -> {data: Float32Array, shape}; little-endian, as Python wrote it
  Playground.floats = (record) => {
    const bytes = Uint8Array.from(atob(record.f32), (character) => character.charCodeAt(0));
    return { data: new Float32Array(bytes.buffer), shape: record.shape };
  };
})();
