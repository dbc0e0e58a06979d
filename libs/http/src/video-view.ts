import { errorRule, type Failure, type JobRecord, type JobState } from '@leveret/core';
import type { Video, VideoState } from '@leveret/http-contract';
import { type Poster, videoThumbnails, videoThumbnailsResult } from '@leveret/jobs';

const VIDEO_STATE_BY_JOB_STATE: Readonly<Record<JobState, VideoState>> = {
  scheduled: 'processing',
  queued: 'processing',
  running: 'processing',
  retrying: 'processing',
  succeeded: 'ready',
  cancelled: 'failed',
  expired: 'failed',
  dead: 'failed',
};

/** Name of a picture's file as clients see it: `640.webp`. */
export function thumbnailFileName({ width, format }: Pick<Poster, 'width' | 'format'>): string {
  return `${width}.${format === 'jpeg' ? 'jpg' : format}`;
}

/** The pictures that the job of a video made; none before it succeeded. */
export function postersOf({ state, result }: JobRecord): readonly Poster[] {
  return state === 'succeeded' ? videoThumbnailsResult.parse(result).posters : [];
}

/**
 * The video that a thumbnails job is about, as clients see it.
 *
 * @param basePath Where videos are served, such as `/v1/videos`.
 */
export async function toVideo(record: JobRecord, basePath: string): Promise<Video> {
  const { id, state } = record;
  const { sizeBytes, sha256 } = await videoThumbnails.payload.parseAsync(record.payload);
  const thumbnails = postersOf(record).map(({ width, height, format, sizeBytes }) => {
    const url = `${basePath}/${id}/thumbnails/${thumbnailFileName({ width, format })}`;
    return { url, width, height, format, sizeBytes };
  });
  const view = { id, state: VIDEO_STATE_BY_JOB_STATE[state], sizeBytes, sha256, thumbnails };
  return view.state === 'failed' ? { ...view, failure: publicFailure(record) } : view;
}

/** What is wrong with a video is told in full; what is wrong with a worker is the operator's affair, and told in the table's words. */
function publicFailure({ state, failure }: JobRecord): Failure {
  if (failure === undefined) return { code: 'HANDLER_FAILED', message: `The job was ${state}.` };
  return failure.code.startsWith('VIDEO_')
    ? failure
    : { code: failure.code, message: `${errorRule(failure.code).title}.` };
}
