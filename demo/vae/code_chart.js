// The chart of one code: a row for every dimension, mu and sigma on the left, z on the right.
const FOOT = 18; // CSS pixels for the numbers of the axis

/**
 * Draws mu as a bar, mu ± sigma as a whisker and the prior's 0 ± 1 as a tint; z beside them.
 * @param {HTMLCanvasElement} canvas
 * @param {{mu: Float32Array, sigma: Float32Array | null, z: Float32Array, most: number, pointed: number | null}} code
 *   most is the largest absolute value, `pointed` the row under the pointer
 * @param {(name: string) => string} color the colour of a CSS variable
 */
export function drawCode(canvas, { mu, sigma, z, most, pointed }, color) {
  const ratio = window.devicePixelRatio;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((length) => Math.round(length * ratio));
  if (!width || !height) return;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, width, height);
  const rows = height - FOOT * ratio;
  const [ink, muted, line, prior, accent] = ["--ink", "--muted", "--line", "--kl", "--accent"].map(color);
  context.font = `${12 * ratio}px system-ui, sans-serif`;
  const charts = [
    { left: 0, right: 0.58 * width },
    { left: 0.64 * width, right: width },
  ];
  charts.forEach((place, i) => {
    const chart = new Rows(context, { ...place, most: Math.max(3, Math.ceil(most)), count: mu.length, rows, ratio });
    chart.fillBehind(prior, -1, 1, 0.14);
    chart.fill(line, 0, 0, 0, rows);
    for (let d = 0; d < mu.length; d++) {
      if (d === pointed) chart.fillRow(muted, d, 0.3);
      if (i === 1) chart.bar(ink, d, 0, z[d]);
      else {
        chart.bar(accent, d, 0, mu[d]);
        chart.whisker(ink, d, mu[d], sigma ? sigma[d] : 0);
      }
    }
    chart.drawAxis(muted, height);
  });
}

// rows of bars on a part of a canvas, on an axis from -most to most
class Rows {
  constructor(context, { left, right, most, count, rows, ratio }) {
    this.context = context;
    this.rows = rows; // the height of all
    this.most = most;
    this.ratio = ratio;
    this.x = (value) => left + ((Math.max(-most, Math.min(most, value)) + most) / (2 * most)) * (right - left);
    this.row = rows / count; // the height of one
    this.thick = Math.min(0.62 * this.row, 26 * ratio); // of a bar
  }

  fill(style, from, to, y, tall) {
    const { context, x, ratio } = this;
    context.fillStyle = style;
    context.fillRect(Math.min(x(from), x(to)), y, Math.max(Math.abs(x(to) - x(from)), ratio), tall);
  }

  fillBehind(style, from, to, alpha) {
    this.context.globalAlpha = alpha;
    this.fill(style, from, to, 0, this.rows);
    this.context.globalAlpha = 1;
  }

  fillRow(style, index, alpha) {
    this.context.globalAlpha = alpha;
    this.fill(style, -this.most, this.most, index * this.row, this.row);
    this.context.globalAlpha = 1;
  }

  bar(style, index, from, to) {
    this.fill(style, from, to, (index + 0.5) * this.row - this.thick / 2, this.thick);
  }

  whisker(style, index, middle, half) {
    const { row, thick, ratio } = this;
    const y = (index + 0.5) * row - Math.max(ratio, thick / 10);
    this.fill(style, middle - half, middle + half, y, Math.max(2 * ratio, thick / 5));
  }

  drawAxis(style, height) {
    const { context, x, most, ratio } = this;
    context.fillStyle = style;
    const marks = /** @type {const} */ ([
      [-most, "left"],
      [0, "center"],
      [most, "right"],
    ]);
    for (const [value, align] of marks) {
      context.textAlign = align;
      context.fillText(value < 0 ? `−${most}` : String(value), x(value), height - 4 * ratio);
    }
  }
}
