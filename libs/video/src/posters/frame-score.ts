import sharp from 'sharp';
import type { RgbPicture } from '../engines/frame-source.ts';

/** Width at which pictures are looked at: enough to tell a scene from a wall. */
const LOOK_WIDTH = 160;
/** Luma below this counts as dark, above the other one as bright (of 255). */
const DARK = 24;
const BRIGHT = 235;
/** What makes a picture worthless: nearly all of it dark or bright, or all of it alike. */
const BLACK_SHARE = 0.92;
const WHITE_SHARE = 0.97;
const FLAT_DEVIATION = 6;
/** A picture this dark is worth half. */
const GLOOMY_SHARE = 0.75;

/**
 * How much a picture tells, from 0 (black, white or flat) to 1: luma entropy 40 %, sharpness 25 %, luma deviation 20 %,
 * colourfulness 10 % (Hasler and Süsstrunk 2003), brightness 5 %.
 */
export async function scoreOf({ data, width, height }: RgbPicture): Promise<number> {
  const { data: pixels, info } = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize({ width: Math.min(LOOK_WIDTH, width), kernel: 'cubic' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const luma = lumaOf(pixels);
  const { mean, deviation } = spread(luma);
  const dark = share(luma, (value) => value < DARK);
  if (
    dark > BLACK_SHARE ||
    share(luma, (value) => value > BRIGHT) > WHITE_SHARE ||
    deviation < FLAT_DEVIATION
  )
    return 0;
  const score =
    0.4 * (entropyOf(luma) / 8) +
    0.25 * Math.min(1, spread(laplacianOf(luma, info.width, info.height)).deviation / 40) +
    0.2 * Math.min(1, deviation / 64) +
    0.1 * Math.min(1, colourfulnessOf(pixels) / 80) +
    0.05 * (1 - Math.abs(mean - 128) / 128);
  return dark > GLOOMY_SHARE ? score / 2 : score;
}

/** Rec. 601 luma of each pixel. */
function lumaOf(pixels: Uint8Array): Uint8Array {
  const luma = new Uint8Array(pixels.length / 3);
  for (let pixel = 0; pixel < luma.length; pixel += 1) {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(pixel * 3, pixel * 3 + 3);
    luma[pixel] = 0.299 * red + 0.587 * green + 0.114 * blue;
  }
  return luma;
}

function spread(values: ArrayLike<number>): { readonly mean: number; readonly deviation: number } {
  let sum = 0;
  let squares = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? 0;
    sum += value;
    squares += value * value;
  }
  const mean = sum / Math.max(1, values.length);
  return { mean, deviation: Math.sqrt(Math.max(0, squares / Math.max(1, values.length) - mean * mean)) };
}

function share(values: Uint8Array, matches: (value: number) => boolean): number {
  return (
    values.reduce((count, value) => (matches(value) ? count + 1 : count), 0) / Math.max(1, values.length)
  );
}

/** Shannon entropy of the histogram, in bits, from 0 to 8. */
function entropyOf(luma: Uint8Array): number {
  const counts = new Uint32Array(256);
  for (const value of luma) counts[value] = (counts[value] ?? 0) + 1;
  return counts.reduce(
    (bits, count) => (count === 0 ? bits : bits - (count / luma.length) * Math.log2(count / luma.length)),
    0,
  );
}

/** How much each inner pixel differs from its four neighbours: edges, where a picture is sharp. */
function laplacianOf(luma: Uint8Array, width: number, height: number): Int16Array {
  const edges = new Int16Array(luma.length);
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const at = y * width + x;
      const around =
        (luma[at - 1] ?? 0) + (luma[at + 1] ?? 0) + (luma[at - width] ?? 0) + (luma[at + width] ?? 0);
      edges[at] = 4 * (luma[at] ?? 0) - around;
    }
  }
  return edges;
}

function colourfulnessOf(pixels: Uint8Array): number {
  const redGreen = new Float32Array(pixels.length / 3);
  const yellowBlue = new Float32Array(pixels.length / 3);
  for (let pixel = 0; pixel < redGreen.length; pixel += 1) {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(pixel * 3, pixel * 3 + 3);
    redGreen[pixel] = red - green;
    yellowBlue[pixel] = (red + green) / 2 - blue;
  }
  const [a, b] = [spread(redGreen), spread(yellowBlue)];
  return Math.hypot(a.deviation, b.deviation) + 0.3 * Math.hypot(a.mean, b.mean);
}
