import { LeveretError } from '@leveret/core';
import * as z from 'zod';
import type { Size } from './frame-source.ts';

/** What is known of the video stream of a file. */
export interface ProbedStream extends Size {
  readonly index: number;
  /** Width of a pixel divided by its height; 0 when the file does not say. */
  readonly aspect: number;
  /** Degrees clockwise. */
  readonly rotation: number;
  /** Transfer curve, by FFmpeg's name. */
  readonly transfer: string;
  /** Pixel format, by FFmpeg's name. */
  readonly pixelFormat: string;
}

/** What ffprobe found. */
export interface Probe {
  readonly stream: ProbedStream;
  readonly durationSeconds: number | undefined;
}

const output = z.object({
  format: z.object({ duration: z.string().optional() }).optional(),
  streams: z
    .array(
      z.object({
        index: z.int(),
        codec_type: z.string().optional(),
        codec_name: z.string().optional(),
        width: z.int().optional(),
        height: z.int().optional(),
        sample_aspect_ratio: z.string().optional(),
        color_transfer: z.string().optional(),
        pix_fmt: z.string().optional(),
        disposition: z.object({ attached_pic: z.int().optional() }).optional(),
        side_data_list: z.array(z.object({ rotation: z.number().optional() })).optional(),
      }),
    )
    .optional(),
});

/**
 * Reads the JSON of ffprobe. Of several video streams the largest is taken; a cover picture is none.
 *
 * @param complaint What ffprobe wrote to standard error: the reason when there is nothing else.
 * @throws {LeveretError} `VIDEO_UNDECODABLE` when the file cannot be read, `VIDEO_UNSUPPORTED` when it holds no video.
 */
export function parseProbe(json: string, complaint: string): Probe {
  const parsed = output.safeParse(parseJson(json));
  const streams = parsed.data?.streams;
  if (streams === undefined)
    throw new LeveretError('VIDEO_UNDECODABLE', `the file cannot be read: ${lastLineOf(complaint)}`);
  const [stream] = streams
    .filter(({ codec_type, disposition }) => codec_type === 'video' && disposition?.attached_pic !== 1)
    .sort((a, b) => areaOf(b) - areaOf(a));
  if (stream === undefined) throw new LeveretError('VIDEO_UNSUPPORTED', 'the file holds no video');
  const {
    index,
    width = 0,
    height = 0,
    codec_name,
    sample_aspect_ratio,
    color_transfer = '',
    pix_fmt = '',
    side_data_list = [],
  } = stream;
  if (codec_name === undefined || codec_name === 'unknown')
    throw new LeveretError('VIDEO_UNSUPPORTED', 'the video is coded in an unknown way');
  if (width < 1 || height < 1)
    throw new LeveretError('VIDEO_UNDECODABLE', 'the file does not say how large its pictures are');
  const duration = Number(parsed.data?.format?.duration);
  return {
    stream: {
      index,
      width,
      height,
      aspect: toAspect(sample_aspect_ratio),
      rotation: -(side_data_list.find(({ rotation }) => rotation !== undefined)?.rotation ?? 0),
      transfer: color_transfer,
      pixelFormat: pix_fmt,
    },
    durationSeconds: Number.isFinite(duration) && duration > 0 ? duration : undefined,
  };
}

function areaOf({
  width = 0,
  height = 0,
}: {
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}): number {
  return width * height;
}

function toAspect(ratio: string | undefined): number {
  const [width = 0, height = 0] = (ratio ?? '').split(':').map(Number);
  return height > 0 ? width / height : 0;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new LeveretError('VIDEO_UNDECODABLE', 'the decoder said nothing about the file', { cause });
  }
}

/** The decoder's own words, without the path that stands before them. */
function lastLineOf(complaint: string): string {
  const line = complaint.trim().split('\n').at(-1) ?? '';
  return line.slice(line.lastIndexOf(': ') + 1).trim() || 'no reason was given';
}
