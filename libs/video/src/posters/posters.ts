import sharp from 'sharp';
import type { RgbPicture } from '../engines/frame-source.ts';

/** Widths of posters, in pixels, largest first. */
const WIDTHS = [1_280, 640, 320];
/** Effort 2 is 1.8 times cheaper than the default of 4, for 0.6 % more bytes. */
const WEBP = { quality: 80, effort: 2 };
const JPEG = { quality: 80 };

/** One encoded picture. */
export interface EncodedPoster {
  readonly width: number;
  readonly height: number;
  readonly format: 'webp' | 'jpeg';
  readonly bytes: Uint8Array;
}

/**
 * Posters of a picture as WebP and JPEG, largest first, without metadata. A picture is never enlarged: one that is narrower
 * than the widest poster is its own widest.
 */
export async function encodePosters({ data, width, height }: RgbPicture): Promise<readonly EncodedPoster[]> {
  const widths = [...new Set(WIDTHS.map((wanted) => Math.min(wanted, width)))];
  const posters: EncodedPoster[] = [];
  for (const posterWidth of widths) {
    const resized = sharp(data, { raw: { width, height, channels: 3 } }).resize({ width: posterWidth });
    for (const [format, encoded] of [
      ['webp', resized.clone().webp(WEBP)],
      ['jpeg', resized.clone().jpeg(JPEG)],
    ] as const) {
      const { data: bytes, info } = await encoded.toBuffer({ resolveWithObject: true });
      posters.push({ width: info.width, height: info.height, format, bytes });
    }
  }
  return posters;
}
