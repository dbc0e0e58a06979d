import { LeveretError } from '@leveret/core';
import type { Size } from './frame-source.ts';

/** Most pixels of a picture: an 8K picture has 33 million. */
export const MAX_PIXELS = 36_000_000;
/** Most streams of a file. */
export const MAX_STREAMS = 64;
/** Most bytes, and most microseconds, that are read to find out what a file holds. */
export const PROBE_SIZE = 5_000_000;
/** Containers, by FFmpeg's names, that may be opened: what sniffing lets through, and no playlist. */
export const CONTAINERS = [
  'mov',
  'mp4',
  'm4a',
  '3gp',
  '3g2',
  'mj2',
  'matroska',
  'webm',
  'avi',
  'asf',
  'flv',
  'mpegts',
  'mpeg',
  'ogg',
  'gif',
];
/** Names by which FFmpeg may open anything: local files. */
export const PROTOCOLS = 'file';
/** Largest picture that is asked of a decoder, in pixels: what the largest poster needs. */
const LARGEST: Size = { width: 1_280, height: 2_560 };
/** A pixel aspect outside of 1:8 to 8:1 is a mistake of the file, and passed over. */
const MAX_ASPECT = 8;

/** @throws {LeveretError} `VIDEO_TOO_LARGE` when pictures of this size are not decoded. */
export function requireDecodable({ width, height }: Size): void {
  if (width * height <= MAX_PIXELS) return;
  throw new LeveretError(
    'VIDEO_TOO_LARGE',
    `its pictures have ${width} × ${height} pixels, at most ${MAX_PIXELS} are decoded`,
  );
}

/**
 * What a viewer sees of a coded picture.
 *
 * @param aspect Width of a pixel divided by its height; 0 or nonsense counts as 1.
 * @param rotation Degrees clockwise; rounded to a quarter turn.
 */
export function shownSizeOf({ width, height }: Size, aspect: number, rotation: number): Size {
  const sound = aspect >= 1 / MAX_ASPECT && aspect <= MAX_ASPECT ? aspect : 1;
  const stretched = Math.max(1, Math.round(width * sound));
  return quarterTurns(rotation) % 2 === 1
    ? { width: height, height: stretched }
    : { width: stretched, height };
}

/** Quarter turns clockwise, from 0 to 3. */
export function quarterTurns(degrees: number): number {
  return ((Math.round(degrees / 90) % 4) + 4) % 4;
}

/** The size a picture is decoded to: as it is shown, but no larger than the largest poster. */
export function decodedSizeOf({ width, height }: Size): Size {
  const scale = Math.min(1, LARGEST.width / width, LARGEST.height / height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
