import { LeveretError } from '@leveret/core';
import type { AVPixelFormat, CodecContext, FormatContext, Frame, Stream } from 'node-av';
import type { FrameSource, OpenVideo, Size, VideoFrame } from './frame-source.ts';
import {
  CONTAINERS,
  MAX_PIXELS,
  MAX_STREAMS,
  PROBE_SIZE,
  PROTOCOLS,
  quarterTurns,
  requireDecodable,
  shownSizeOf,
} from './limits.ts';
import { rgbFilter } from './rgb-filter.ts';

/** The optional package node-av: FFmpeg as a library. */
export type NodeAv = typeof import('node-av');

/** Seconds between two samples, and most frames decoded for them. */
const SAMPLE_EVERY_SECONDS = 0.5;
const MAX_SAMPLED_FRAMES = 600;
/** Packets read in search of one key frame. */
const MAX_PACKETS = 2_000;
/** Key frames that may fail to decode before a search ends. */
const MAX_FAILURES = 5;
/** "No time is known" in FFmpeg. */
const NO_TIME = -9_223_372_036_854_775_808n;
const MICROSECONDS = 1_000_000;
/** AVColorTransferCharacteristic: SMPTE ST 2084 (PQ) and ARIB STD-B67 (HLG). */
const HDR_TRANSFERS: readonly number[] = [16, 18];

/** Loads node-av; undefined where it is not installed for this system. */
export async function loadNodeAv(): Promise<NodeAv | undefined> {
  try {
    return await import('node-av');
  } catch {
    return undefined;
  }
}

/** Creates a frame source on FFmpeg as a library. Its calls block: it belongs into a child process. */
export function createNativeSource(av: NodeAv): FrameSource {
  // What is wrong with a file is told by errors; FFmpeg's own lines would go to the worker's log untagged.
  av.Log.setLevel(av.AV_LOG_QUIET);
  return {
    name: 'node-av',
    async open(path, signal) {
      signal.throwIfAborted();
      const format = openFormat(av, path);
      try {
        const stream = chooseStream(av, format);
        const { codecpar } = stream;
        const rotation = rotationOf(codecpar.getCodedSideData(av.AV_PKT_DATA_DISPLAYMATRIX));
        const { num, den } =
          stream.sampleAspectRatio.num > 0 ? stream.sampleAspectRatio : codecpar.sampleAspectRatio;
        const decoder = openDecoder(av, stream);
        return {
          durationSeconds: durationOf(format, stream),
          shownSize: shownSizeOf(codecpar, den > 0 ? num / den : 0, rotation),
          ...createReader({ av, format, stream, decoder, rotation, signal }),
        };
      } catch (error) {
        format.closeInputSync();
        throw error;
      }
    },
  };
}

function openFormat(av: NodeAv, path: string): FormatContext {
  const format = new av.FormatContext();
  const limits = {
    protocol_whitelist: PROTOCOLS,
    format_whitelist: CONTAINERS.join(','),
    max_streams: String(MAX_STREAMS),
    probesize: String(PROBE_SIZE),
    analyzeduration: String(PROBE_SIZE),
  };
  const opened = format.openInputSync(`file:${path}`, null, av.Dictionary.fromObject(limits));
  if (opened < 0) throw undecodable(av, 'the file cannot be read', opened);
  try {
    // Before anything is decoded: finding out about streams decodes some of them.
    for (const { codecpar } of format.streams ?? []) requireDecodable(codecpar);
    const found = format.findStreamInfoSync();
    if (found < 0) throw undecodable(av, 'the file cannot be read', found);
    return format;
  } catch (error) {
    // The process lives on: a file that is refused must not stay open.
    format.closeInputSync();
    throw error;
  }
}

/** Of several video streams the largest; a cover picture is none. */
function chooseStream(av: NodeAv, format: FormatContext): Stream {
  const [stream] = (format.streams ?? [])
    .filter(({ codecpar }) => codecpar.codecType === av.AVMEDIA_TYPE_VIDEO)
    .filter((candidate) => !candidate.hasDisposition(av.AV_DISPOSITION_ATTACHED_PIC))
    .sort((a, b) => b.codecpar.width * b.codecpar.height - a.codecpar.width * a.codecpar.height);
  if (stream === undefined) throw new LeveretError('VIDEO_UNSUPPORTED', 'the file holds no video');
  if (stream.codecpar.width < 1 || stream.codecpar.height < 1) {
    throw new LeveretError('VIDEO_UNDECODABLE', 'the file does not say how large its pictures are');
  }
  requireDecodable(stream.codecpar);
  return stream;
}

function openDecoder(av: NodeAv, { codecpar }: Stream): CodecContext {
  const codec = av.Codec.findDecoder(codecpar.codecId);
  if (codec === null) throw new LeveretError('VIDEO_UNSUPPORTED', 'the video is coded in an unknown way');
  const decoder = new av.CodecContext();
  decoder.allocContext3(codec);
  decoder.parametersToContext(codecpar);
  decoder.threadCount = 1;
  decoder.setOption('max_pixels', String(MAX_PIXELS));
  const opened = decoder.open2Sync(codec, null);
  if (opened >= 0) return decoder;
  decoder.freeContext();
  throw undecodable(av, 'its decoder cannot be set up', opened);
}

interface ReaderOptions {
  readonly av: NodeAv;
  readonly format: FormatContext;
  readonly stream: Stream;
  readonly decoder: CodecContext;
  readonly rotation: number;
  readonly signal: AbortSignal;
}

function createReader(options: ReaderOptions): Pick<OpenVideo, 'keyFrame' | 'samples' | 'close'> {
  const { av, format, stream, decoder, rotation, signal } = options;
  const { num, den } = stream.timeBase;
  const startTime = stream.startTime === NO_TIME ? 0n : stream.startTime;
  const packet = new av.Packet();
  const frame = new av.Frame();
  packet.alloc();
  frame.alloc();

  function seek(atSeconds: number): void {
    const target = startTime + BigInt(Math.round((atSeconds * den) / num));
    decoder.flushBuffers();
    if (format.seekFrameSync(stream.index, target, av.AVSEEK_FLAG_BACKWARD) < 0) rewind();
  }

  /** By bytes where the format allows it: a transport stream knows no times until it is read, and would begin too late. */
  function rewind(): void {
    decoder.flushBuffers();
    if (format.seekFrameSync(-1, 0n, av.AVSEEK_FLAG_BYTE) < 0)
      format.seekFrameSync(stream.index, startTime, av.AVSEEK_FLAG_BACKWARD);
  }

  function secondsOf(pts: bigint): number {
    return pts === NO_TIME ? 0 : Math.max(0, (Number(pts - startTime) * num) / den);
  }

  function toFrame(size: Size): VideoFrame | undefined {
    const atSeconds = secondsOf(frame.bestEffortTimestamp);
    frame.timeBase = stream.timeBase;
    const data = toRgb(av, frame, size, rotation);
    frame.unref();
    return data === undefined ? undefined : { picture: { ...size, data }, atSeconds };
  }

  /** Sends one key packet and asks for its picture at once, without the decoder's usual delay. */
  function decodeAlone(size: Size): VideoFrame | undefined {
    const sent = decoder.sendPacketSync(packet);
    if (sent >= 0) decoder.sendPacketSync(null);
    const received = sent >= 0 ? decoder.receiveFrameSync(frame) : sent;
    const decoded = received >= 0 ? toFrame(size) : undefined;
    decoder.flushBuffers();
    return decoded;
  }

  /** Reads on until `use` returns something, the file ends or enough was read. */
  function readPackets<T>(use: () => T | undefined): T | undefined {
    for (let read = 0; read < MAX_PACKETS; read += 1) {
      signal.throwIfAborted();
      if (format.readFrameSync(packet) < 0) return undefined;
      const outcome = packet.streamIndex === stream.index ? use() : undefined;
      packet.unref();
      if (outcome !== undefined) return outcome;
    }
    return undefined;
  }

  return {
    async keyFrame(atSeconds, size) {
      if (atSeconds > 0) seek(atSeconds);
      else rewind();
      let failures = 0;
      const found = readPackets<VideoFrame | 'none'>(() => {
        if (!packet.isKeyframe) return undefined;
        const decoded = decodeAlone(size);
        if (decoded === undefined) failures += 1;
        return decoded ?? (failures >= MAX_FAILURES ? 'none' : undefined);
      });
      return found === 'none' ? undefined : found;
    },
    async *samples(count, size) {
      rewind();
      let [given, decodedCount, nextAt] = [0, 0, 0];
      const receive = (): VideoFrame | undefined => {
        while (decoder.receiveFrameSync(frame) >= 0) {
          decodedCount += 1;
          if (secondsOf(frame.bestEffortTimestamp) >= nextAt) return toFrame(size);
          frame.unref();
        }
        return undefined;
      };
      let ended = false;
      while (given < count && decodedCount < MAX_SAMPLED_FRAMES) {
        const sample: VideoFrame | undefined =
          receive() ??
          readPackets<VideoFrame>(() => {
            decoder.sendPacketSync(packet);
            return receive();
          });
        if (sample === undefined) {
          if (ended) return;
          // The last pictures are still in the decoder.
          ended = true;
          decoder.sendPacketSync(null);
          continue;
        }
        given += 1;
        nextAt = sample.atSeconds + SAMPLE_EVERY_SECONDS;
        yield sample;
      }
    },
    async close() {
      packet.free();
      frame.free();
      decoder.freeContext();
      format.closeInputSync();
    },
  };
}

function toRgb(av: NodeAv, frame: Frame, { width, height }: Size, rotation: number): Uint8Array | undefined {
  const turns = quarterTurns(rotation);
  const steps = rgbFilter({
    size: turns % 2 === 1 ? { width: height, height: width } : { width, height },
    isHdr: HDR_TRANSFERS.includes(frame.colorTrc),
    pixelFormat: av.avGetPixFmtName(frame.format as AVPixelFormat) ?? '',
    turns,
  });
  using filter = av.FilterAPI.create(steps);
  const [filtered] = filter.processAllSync(frame);
  if (filtered === undefined) return undefined;
  const rgb = Uint8Array.from(filtered.toBuffer());
  filtered.free();
  return rgb.length === width * height * 3 ? rgb : undefined;
}

function durationOf(format: FormatContext, stream: Stream): number | undefined {
  if (format.duration !== NO_TIME && format.duration > 0n) return Number(format.duration) / MICROSECONDS;
  if (stream.duration !== NO_TIME && stream.duration > 0n)
    return (Number(stream.duration) * stream.timeBase.num) / stream.timeBase.den;
  return undefined;
}

/** Degrees clockwise, from a display matrix: nine numbers of 32 bits, of which the first two are enough. */
function rotationOf(matrix: Buffer | null): number {
  if (matrix === null || matrix.length < 36) return 0;
  const degrees = (Math.atan2(matrix.readInt32LE(4), matrix.readInt32LE(0)) * 180) / Math.PI;
  return Number.isFinite(degrees) ? degrees : 0;
}

function undecodable(av: NodeAv, what: string, code: number): LeveretError {
  return new LeveretError('VIDEO_UNDECODABLE', `${what}: ${new av.FFmpegError(code).message}`);
}
