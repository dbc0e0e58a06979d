import { LeveretError } from '@leveret/core';
import type { OpenVideo, VideoFrame } from '../engines/frame-source.ts';
import { decodedSizeOf } from '../engines/limits.ts';
import { scoreOf } from './frame-score.ts';

/** Where in a video frames are looked at, in this order, as shares of its length. */
const CANDIDATES = [0.1, 0.25, 0.4, 0.55, 0.7, 0.05, 0.85, 0.95];
/** A frame this good ends the search. */
const GOOD_ENOUGH = 0.62;
/** When no key frame is this good, the frames between them are looked at too. */
const TOO_POOR = 0.45;
/** Taken off for each frame looked at before, so that of equals the earlier wins. */
const LATE_PENALTY = 0.005;
/** Most frames looked at between key frames. */
const SAMPLE_COUNT = 20;

interface Scored {
  readonly frame: VideoFrame;
  readonly score: number;
}

/**
 * The frame that shows best what the video is about. Key frames first, because each costs one decoded frame; black, blank
 * and flat ones are passed over while there is anything else.
 *
 * @throws {LeveretError} `VIDEO_UNDECODABLE` when not one frame can be decoded; whatever `signal` aborts with.
 */
export async function pickFrame(video: OpenVideo, signal: AbortSignal): Promise<VideoFrame> {
  const size = decodedSizeOf(video.shownSize);
  let best: Scored | undefined;
  let lookedAt = 0;

  /** Whether it is good enough to end the search. */
  async function consider(frame: VideoFrame): Promise<boolean> {
    signal.throwIfAborted();
    const score = (await scoreOf(frame.picture)) - lookedAt * LATE_PENALTY;
    lookedAt += 1;
    if (best === undefined || score > best.score) best = { frame, score };
    return score >= GOOD_ENOUGH;
  }

  const seen = new Set<number>();
  for (const share of CANDIDATES) {
    signal.throwIfAborted();
    const frame = await video.keyFrame((video.durationSeconds ?? 0) * share, size);
    if (frame === undefined || seen.has(frame.atSeconds)) continue;
    seen.add(frame.atSeconds);
    if (await consider(frame)) return frame;
  }
  if (best === undefined || best.score < TOO_POOR) {
    for await (const frame of video.samples(SAMPLE_COUNT, size)) {
      if (await consider(frame)) return frame;
    }
  }
  if (best === undefined)
    throw new LeveretError('VIDEO_UNDECODABLE', 'not one of its pictures could be decoded');
  return best.frame;
}
