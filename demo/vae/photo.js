// A photo before it is sent: upright and small, for a phone's file can have 14 MB and a school's network little to give.
const SIDE = 1600; // pixels of the longest side; handwriting is looked for in fewer
const SMALL = 500_000; // bytes: a smaller file goes as it is
const MOST_PIXELS = 12_000_000; // of a file that goes as it is
const TYPES = ["image/png", "image/jpeg", "image/webp"]; // what the server reads
const QUALITY = 0.92;

/** Width and height scaled down to a longest side of `side`, in whole pixels; never scaled up. */
export function scaledDown(width, height, side = SIDE) {
  const scale = Math.min(1, side / Math.max(width, height));
  return [width, height].map((length) => Math.max(1, Math.round(scale * length)));
}

/**
 * The sizes by which a picture is drawn smaller: each at least half of the one before, for one large step skips
 * pixels in some browsers, and thin strokes with them.
 */
export function steps(width, height, side = SIDE) {
  const sizes = [];
  while (Math.max(width, height) > side) {
    [width, height] = scaledDown(width, height, Math.max(side, Math.ceil(Math.max(width, height) / 2)));
    sizes.push([width, height]);
  }
  return sizes.length ? sizes : [[width, height]];
}

/**
 * The file itself if it is small, or else a smaller picture of it, turned as its EXIF data says. A file that this
 * browser cannot read stays as it is, since the server says best what is wrong with it.
 * @param {Blob} file
 * @returns {Promise<Blob>}
 */
export async function readyToSend(file) {
  const picture = await decoded(file);
  if (!picture) return file;
  const { width, height } = picture;
  const isReady = TYPES.includes(file.type) && file.size <= SMALL && width * height <= MOST_PIXELS;
  const smaller = isReady ? null : await encoded(drawnSmaller(picture), file.type);
  picture.close?.();
  return smaller ?? file;
}

// eslint-disable-next-line no-control-regex -- what begins each frame of a GIF
const GIF = /^GIF8[^]*!\xf9\x04[^]*!\xf9\x04/;
const ANIMATED = [GIF, /^RIFF[^]{4}WEBPVP8X[^]*ANIM/, /^[^]PNG(?:(?!IDAT)[^])*acTL/];

/** Whether a GIF, WebP or PNG has several frames, of which only the first is used. @param {Blob} file */
export async function isAnimated(file) {
  const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  if (!/^(GIF8|RIFF|\x89PNG)/.test(String.fromCharCode(...head))) return false;
  const bytes = new TextDecoder("latin1").decode(await file.arrayBuffer());
  return ANIMATED.some((frames) => frames.test(bytes));
}

/** @returns {Promise<any>} a picture that a canvas can draw, upright, or null */
async function decoded(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return asElement(file); // of older browsers, which turn only an <img>
  }
}

async function asElement(file) {
  const url = URL.createObjectURL(file);
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
    return image;
  } catch {
    return null;
  } finally {
    URL.revokeObjectURL(url);
  }
}

function drawnSmaller(picture) {
  return steps(picture.width, picture.height).reduce((source, [width, height]) => {
    const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(source, 0, 0, width, height);
    return context.canvas;
  }, picture);
}

// as JPEG what came as JPEG; what may be transparent as WebP, for which Safari gives a PNG
function encoded(canvas, type) {
  return new Promise((resolve) => canvas.toBlob(resolve, type === "image/jpeg" ? type : "image/webp", QUALITY));
}

/** The base64 of a file. */
export function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result).split(",")[1] ?? ""));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(file);
  });
}
