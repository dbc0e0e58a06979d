import { LeveretError } from '@leveret/core';
import { type ProbedStream, parseProbe } from './ffprobe.ts';
import type { FrameSource, OpenVideo, Size, VideoFrame } from './frame-source.ts';
import {
  CONTAINERS,
  MAX_PIXELS,
  MAX_STREAMS,
  PROBE_SIZE,
  PROTOCOLS,
  requireDecodable,
  shownSizeOf,
} from './limits.ts';
import { rgbFilter } from './rgb-filter.ts';
import { type Program, run, runForChunks } from './run-program.ts';

/** Seconds between two samples. */
const SAMPLE_EVERY_SECONDS = 0.5;
/** Most frames that are decoded for samples. */
const MAX_SAMPLED_FRAMES = 600;
/** Bytes of a pixel. */
const CHANNELS = 3;
/** Transfer curves of high dynamic range. */
const HDR_TRANSFERS = ['smpte2084', 'arib-std-b67'];

/** Writes when the first picture is shown. Without side data, which may be long: only the end of what is written is kept. */
const SHOW_TIME = 'trim=end_frame=1,sidedata=mode=delete,showinfo=checksum=0';

/** Which programs are used. */
export interface CliSourceOptions {
  /** `ffmpeg`, 5.1 or later. */
  readonly ffmpeg: Program;
  /** `ffprobe` of the same version. */
  readonly ffprobe: Program;
}

/** Creates a frame source on the programs of FFmpeg. They get an empty environment, one file to read and nothing else. */
export function createCliSource({ ffmpeg, ffprobe }: CliSourceOptions): FrameSource {
  return {
    name: 'ffmpeg',
    async open(path, signal) {
      const probe = await run(
        ffprobe,
        [
          ...INPUT_LIMITS,
          '-max_pixels',
          String(MAX_PIXELS),
          '-v',
          'error',
          ...PROBE_FIELDS,
          '-of',
          'json',
          toUrl(path),
        ],
        signal,
      );
      const { stream, durationSeconds } = parseProbe(probe.stdout.toString(), probe.stderr);
      requireDecodable(stream);
      const shownSize = shownSizeOf(stream, stream.aspect, stream.rotation);
      return { durationSeconds, shownSize, ...createReader({ ffmpeg, path, stream, signal }) };
    },
  };
}

const INPUT_LIMITS = [
  ...['-protocol_whitelist', PROTOCOLS],
  ...['-format_whitelist', CONTAINERS.join(',')],
  ...['-max_streams', String(MAX_STREAMS)],
  ...['-probesize', String(PROBE_SIZE), '-analyzeduration', String(PROBE_SIZE)],
];
const PROBE_FIELDS = [
  '-show_entries',
  'format=duration:stream:stream_disposition=attached_pic:stream_side_data=rotation',
];

interface ReaderOptions {
  readonly ffmpeg: Program;
  readonly path: string;
  readonly stream: ProbedStream;
  readonly signal: AbortSignal;
}

function createReader({
  ffmpeg,
  path,
  stream,
  signal,
}: ReaderOptions): Pick<OpenVideo, 'keyFrame' | 'samples' | 'close'> {
  const input = (...before: string[]) => [
    ...['-nostdin', '-hide_banner', '-nostats', '-threads', '1', '-max_pixels', String(MAX_PIXELS)],
    ...INPUT_LIMITS,
    ...before,
    ...['-i', toUrl(path), '-map', `0:${stream.index}`, '-an', '-sn', '-dn'],
  ];
  const isHdr = HDR_TRANSFERS.includes(stream.transfer);
  // FFmpeg turns a picture before it filters it.
  const toRgb = (size: Size) => rgbFilter({ size, isHdr, pixelFormat: stream.pixelFormat, turns: 0 });
  const output = (filters: string, frameCount: number) => [
    ...['-vf', filters, '-frames:v', String(frameCount), '-map_metadata', '-1'],
    ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'],
  ];
  const toFrame = (data: Uint8Array, { width, height }: Size, atSeconds: number): VideoFrame => ({
    picture: { data, width, height },
    atSeconds,
  });
  return {
    async keyFrame(atSeconds, size) {
      const seek = atSeconds > 0 ? ['-noaccurate_seek', '-ss', atSeconds.toFixed(3)] : [];
      // Times count from where was sought, so that a key frame before it has a negative one: passed on, or it is dropped.
      const args = [
        ...['-v', 'info', ...input('-skip_frame', 'nokey', ...seek), '-fps_mode', 'passthrough'],
        ...output(`${toRgb(size)},${SHOW_TIME}`, 1),
      ];
      const { stdout, stderr } = await run(ffmpeg, args, signal);
      const wanted = size.width * size.height * CHANNELS;
      if (stdout.length < wanted) return undefined;
      return toFrame(stdout.subarray(0, wanted), size, Math.max(0, atSeconds + timeShownIn(stderr)));
    },
    async *samples(count, size) {
      const pick = `trim=end_frame=${MAX_SAMPLED_FRAMES},fps=${1 / SAMPLE_EVERY_SECONDS}:start_time=0:round=down,`;
      const args = ['-v', 'error', ...input(), ...output(pick + toRgb(size), count)];
      let index = 0;
      for await (const data of runForChunks(ffmpeg, args, {
        chunkBytes: size.width * size.height * CHANNELS,
        signal,
      })) {
        yield toFrame(data, size, index * SAMPLE_EVERY_SECONDS);
        index += 1;
      }
    },
    close: () => Promise.resolve(),
  };
}

/** The time of the picture in what the filter showinfo wrote, in seconds from where was sought; 0 where there is none. */
function timeShownIn(complaint: string): number {
  const seconds = Number(/ pts_time:(-?[\d.]+)/.exec(complaint)?.[1]);
  return Number.isFinite(seconds) ? seconds : 0;
}

/** With its protocol, so that no name is taken for an option or for another protocol. */
function toUrl(path: string): string {
  if (!path.startsWith('/')) throw new LeveretError('INTERNAL', 'a video is opened by its absolute path');
  return `file:${path}`;
}
