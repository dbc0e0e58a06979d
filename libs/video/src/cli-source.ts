import { LeveretError } from '@leveret/core';
import type { FrameSource, OpenVideo, Size, VideoFrame } from './frame-source.ts';
import { parseProbe, type ProbedStream } from './ffprobe.ts';
import { CONTAINERS, MAX_PIXELS, MAX_STREAMS, PROBE_SIZE, PROTOCOLS, requireDecodable, shownSizeOf } from './limits.ts';
import { type Program, run, runForChunks } from './run-program.ts';

/** Seconds between two samples. */
const SAMPLE_EVERY_SECONDS = 0.5;
/** Most frames that are decoded for samples. */
const MAX_SAMPLED_FRAMES = 600;
/** Bytes of a pixel. */
const CHANNELS = 3;
/** Transfer curves of high dynamic range: they are brought into the range of a web picture. */
const HDR_TRANSFERS = ['smpte2084', 'arib-std-b67'];
const TONE_MAP = 'zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=mobius:desat=0,zscale=t=bt709:m=bt709:r=tv,';

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
      const probe = await run(ffprobe, [...INPUT_LIMITS, '-v', 'error', ...PROBE_FIELDS, '-of', 'json', toUrl(path)], signal);
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
const PROBE_FIELDS = ['-show_entries', 'format=duration:stream:stream_disposition=attached_pic:stream_side_data=rotation'];

interface ReaderOptions {
  readonly ffmpeg: Program;
  readonly path: string;
  readonly stream: ProbedStream;
  readonly signal: AbortSignal;
}

function createReader({ ffmpeg, path, stream, signal }: ReaderOptions): Pick<OpenVideo, 'keyFrame' | 'samples' | 'close'> {
  const input = (...before: string[]) => [
    ...['-nostdin', '-v', 'error', '-threads', '1', '-max_pixels', String(MAX_PIXELS)],
    ...INPUT_LIMITS,
    ...before,
    ...['-i', toUrl(path), '-map', `0:${stream.index}`, '-an', '-sn', '-dn'],
  ];
  const output = ({ width, height }: Size, filters: string, frameCount: number) => [
    ...['-vf', `${filters}scale=${width}:${height}:flags=area,${toneMapOf(stream)}format=rgb24`],
    ...['-frames:v', String(frameCount), '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'],
  ];
  const toFrame = (data: Uint8Array, { width, height }: Size, atSeconds: number): VideoFrame => ({
    picture: { data, width, height },
    atSeconds,
  });
  return {
    async keyFrame(atSeconds, size) {
      const seek = atSeconds > 0 ? ['-noaccurate_seek', '-ss', atSeconds.toFixed(3)] : [];
      const args = [...input('-skip_frame', 'nokey', ...seek), ...output(size, '', 1)];
      const { stdout } = await run(ffmpeg, args, signal);
      const wanted = size.width * size.height * CHANNELS;
      return stdout.length >= wanted ? toFrame(stdout.subarray(0, wanted), size, atSeconds) : undefined;
    },
    async *samples(count, size) {
      const pick = `trim=end_frame=${MAX_SAMPLED_FRAMES},fps=${1 / SAMPLE_EVERY_SECONDS}:start_time=0:round=down,`;
      const args = [...input(), ...output(size, pick, count)];
      let index = 0;
      for await (const data of runForChunks(ffmpeg, args, { chunkBytes: size.width * size.height * CHANNELS, signal })) {
        yield toFrame(data, size, index * SAMPLE_EVERY_SECONDS);
        index += 1;
      }
    },
    close: () => Promise.resolve(),
  };
}

function toneMapOf({ transfer }: ProbedStream): string {
  return HDR_TRANSFERS.includes(transfer) ? TONE_MAP : '';
}

/** With its protocol, so that no name is taken for an option or for another protocol. */
function toUrl(path: string): string {
  if (!path.startsWith('/')) throw new LeveretError('INTERNAL', 'a video is opened by its absolute path');
  return `file:${path}`;
}
