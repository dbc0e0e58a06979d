import { readFile } from 'node:fs/promises';
import { type Clock, childId, LeveretError, sleep } from '@leveret/core';

/** Who the sample mail is addressed to: a domain that is reserved for examples (RFC 2606). */
const RECIPIENT = 'you@example.com';
/** How often the demonstration looks, in milliseconds. */
const LOOK_EVERY_MS = 100;
/** How long the demonstration waits for anything, in milliseconds. */
const PATIENCE_MS = 60_000;

/** What the demonstration works with. */
export interface DemoOptions {
  /** Where the server listens. */
  readonly url: string;
  readonly apiKey?: string;
  /** Path of the clip. */
  readonly clip: string;
  readonly clock: Clock;
  /** Ends it: it then throws the signal's reason, or whatever the cut led to. */
  readonly signal: AbortSignal;
}

/** What the demonstration brought about. */
export interface DemoReport {
  readonly videoUrl: string;
  readonly thumbnailUrls: readonly string[];
  readonly mailJobId: string;
  /** From the first byte of the upload to the mail, in milliseconds. */
  readonly tookMs: number;
}

interface VideoView {
  readonly state: string;
  readonly thumbnails: readonly { readonly url: string }[];
  readonly failure?: { readonly code: string; readonly message: string };
}

interface JobView {
  readonly state: string;
  readonly failure?: { readonly code: string; readonly message: string };
}

/**
 * Sends the project's own clip the way any client does: upload, wait for the pictures, wait for the mail.
 *
 * @throws {LeveretError} `INTERNAL` when a step fails or takes over a minute.
 */
export async function runDemo({ url, apiKey, clip, clock, signal }: DemoOptions): Promise<DemoReport> {
  const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  const startedAt = clock.monotonic();

  async function get<View>(path: string): Promise<View | undefined> {
    const response = await fetch(`${url}${path}`, { headers, signal });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new LeveretError('INTERNAL', `GET ${path} was answered with ${response.status}`);
    return (await response.json()) as View;
  }

  async function until<View>(path: string, isDone: (view: View) => boolean): Promise<View> {
    while (clock.monotonic() - startedAt < PATIENCE_MS) {
      const view = await get<View>(path);
      if (view !== undefined && isDone(view)) return view;
      await sleep(clock, LOOK_EVERY_MS, signal);
      signal.throwIfAborted();
    }
    throw new LeveretError('INTERNAL', `${path} was not done within ${PATIENCE_MS} ms`);
  }

  const response = await fetch(`${url}/v1/videos?notify=${encodeURIComponent(RECIPIENT)}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'video/mp4' },
    body: await readFile(clip),
    signal,
  });
  if (response.status !== 202)
    throw new LeveretError('INTERNAL', `the upload was answered with ${response.status}`);
  const { id, jobId } = (await response.json()) as { id: string; jobId: string };
  const video = await until<VideoView>(`/v1/videos/${id}`, ({ state }) => state !== 'processing');
  if (video.failure !== undefined)
    throw new LeveretError('INTERNAL', `${video.failure.code}: ${video.failure.message}`);
  const mailJobId = await childId(jobId, 'notify');
  const mail = await until<JobView>(
    `/v1/jobs/${mailJobId}`,
    ({ state }) => state === 'succeeded' || state === 'dead',
  );
  if (mail.state === 'dead')
    throw new LeveretError('INTERNAL', `the mail failed: ${mail.failure?.message ?? 'for no reason'}`);
  return {
    videoUrl: `${url}/v1/videos/${id}`,
    thumbnailUrls: video.thumbnails.map((thumbnail) => new URL(thumbnail.url, url).href),
    mailJobId,
    tookMs: clock.monotonic() - startedAt,
  };
}
