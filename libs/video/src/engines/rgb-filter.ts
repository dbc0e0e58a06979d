import type { Size } from './frame-source.ts';

/** What the filters of FFmpeg have to do to a decoded picture. */
export interface RgbFilterOptions {
  /** Before it is turned. */
  readonly size: Size;
  /** Of high dynamic range: brought into the range of a web picture. */
  readonly isHdr: boolean;
  /** FFmpeg's name of the pixel format it is decoded to. */
  readonly pixelFormat: string;
  /** Quarter turns clockwise, from 0 to 3; 0 where the decoder has turned it. */
  readonly turns: number;
}

/**
 * The filters, in FFmpeg's notation, that make an RGB picture of a decoded one. Both engines use them, so that they agree.
 * What shines through is shown on white.
 */
export function rgbFilter({ size: { width, height }, isHdr, pixelFormat, turns }: RgbFilterOptions): string {
  // Scaled first: a small picture is turned and toned faster.
  const steps = [`scale=${width}:${height}:flags=area`];
  if (isHdr) steps.push(TONE_MAP);
  else if (TRANSPARENT.test(pixelFormat)) steps.push(ON_WHITE);
  return [...steps, ...(TURNS[turns] ?? []), 'format=rgb24'].join(',');
}

const TONE_MAP =
  'zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=mobius:desat=0,zscale=t=bt709:m=bt709:r=tv';
/** Pixel formats with an alpha channel, or with a palette that may have one. */
const TRANSPARENT = /^(yuva|ya\d|gbrap|rgba|bgra|argb|abgr|ayuv|vuya|pal8)/;
/** Multiplying by alpha shows a picture on black: done to the negative, it shows it on white. */
const ON_WHITE = 'format=gbrap,negate=components=r+g+b,premultiply=inplace=1,format=gbrp,negate';
const TURNS = [[], ['transpose=clock'], ['hflip', 'vflip'], ['transpose=cclock']] as const;
