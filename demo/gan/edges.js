// The edges of a picture: the Laplacian. Its variance is the sharpness, as in training/measures.py.
const BRIGHT = 2; // a Laplacian of this size is drawn white; 4 is the largest possible

/** The grey values of every picture of a sprite from 0 to 1, row by row. */
export function greysOf(sprite) {
  const canvas = document.createElement("canvas");
  const { size } = sprite;
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return Array.from({ length: sprite.count }, (_, i) => {
    sprite.drawAt(context, i, 0, 0, size);
    const { data } = context.getImageData(0, 0, size, size);
    return Float32Array.from({ length: size * size }, (_, pixel) => data[4 * pixel] / 255);
  });
}

/** At every inner pixel the sum of its four neighbours minus four times its own value: (size - 2) x (size - 2). */
export function laplacian(grey, size) {
  const edges = new Float32Array((size - 2) ** 2);
  for (let y = 1; y < size - 1; y++) {
    for (let x = 1; x < size - 1; x++) {
      const i = y * size + x;
      edges[(y - 1) * (size - 2) + x - 1] = grey[i - 1] + grey[i + 1] + grey[i - size] + grey[i + size] - 4 * grey[i];
    }
  }
  return edges;
}

/** The variance of a picture's Laplacian. */
export const sharpness = (grey, size) => variance(laplacian(grey, size));

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The unbiased variance. */
export function variance(values) {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
}

/** Draws the strength of a picture's edges; the canvas gets size x size pixels. */
export function drawEdges(canvas, grey, size) {
  const edges = laplacian(grey, size);
  const context = canvas.getContext("2d");
  Object.assign(canvas, { width: size, height: size });
  const image = new ImageData(size, size);
  for (let i = 3; i < image.data.length; i += 4) image.data[i] = 255;
  edges.forEach((edge, i) => {
    const place = (Math.floor(i / (size - 2)) + 1) * size + (i % (size - 2)) + 1;
    image.data.fill(Math.min(255, Math.round((255 / BRIGHT) * Math.abs(edge))), 4 * place, 4 * place + 3);
  });
  context.putImageData(image, 0, 0);
}
