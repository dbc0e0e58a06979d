import { type JobRecord, type JobState, LeveretError } from '@leveret/core';
import type { Video, VideoState } from '@leveret/http-contract';
import {
  type Poster,
  type VideoThumbnailsPayload,
  videoThumbnails,
  videoThumbnailsResult,
} from '@leveret/jobs';
import { failureOf } from '../jobs/public-failure.ts';

const VIDEO_STATE_BY_JOB_STATE: Readonly<Record<JobState, VideoState>> = {
  scheduled: 'processing',
  queued: 'processing',
  running: 'processing',
  retrying: 'processing',
  succeeded: 'ready',
  cancelled: 'failed',
  expired: 'failed',
  dead: 'failed',
  discarded: 'failed',
};

/** Name of a picture's file as clients see it: `640.webp`. */
export function thumbnailFileName({ width, format }: Pick<Poster, 'width' | 'format'>): string {
  return `${width}.${format === 'jpeg' ? 'jpg' : format}`;
}

/** The pictures that the job of a video made; none before it succeeded. */
export function postersOf({ state, result }: JobRecord): readonly Poster[] {
  const parsed = videoThumbnailsResult.safeParse(state === 'succeeded' ? result : undefined);
  return parsed.data?.posters ?? [];
}

/**
 * The video that a thumbnails job is about, as clients see it.
 *
 * @param basePath Where videos are served, such as `/v1/videos`.
 * @throws {LeveretError} `STORE_UNAVAILABLE` while the ledger knows of the job by its events alone and not yet what it is
 *   about: trying again helps. `VIDEO_NOT_FOUND` when it is about no video.
 */
export function toVideo(record: JobRecord, basePath: string): Video {
  const { id, state } = record;
  const { sizeBytes, sha256 } = payloadOf(record);
  const thumbnails = postersOf(record).map(({ width, height, format, sizeBytes }) => {
    const url = `${basePath}/${id}/thumbnails/${thumbnailFileName({ width, format })}`;
    return { url, width, height, format, sizeBytes };
  });
  const view = { id, state: VIDEO_STATE_BY_JOB_STATE[state], sizeBytes, sha256, thumbnails };
  return view.state === 'failed' ? { ...view, failure: failureOf(record) } : view;
}

function payloadOf({ payload }: JobRecord): VideoThumbnailsPayload {
  if (payload === undefined)
    throw new LeveretError('STORE_UNAVAILABLE', 'the ledger has not got the payload of the job yet');
  const parsed = videoThumbnails.payload.safeParse(payload);
  if (!parsed.success) throw new LeveretError('VIDEO_NOT_FOUND', 'the job is about no video');
  return parsed.data;
}
