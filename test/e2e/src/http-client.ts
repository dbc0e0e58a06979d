import { readFile } from 'node:fs/promises';
import { sampleClipPath } from '@leveret/video';

/** A picture as the API tells it. */
export interface ThumbnailView {
  readonly url: string;
  readonly width: number;
  readonly height: number;
  readonly format: string;
  readonly sizeBytes: number;
}

/** A video as the API tells it. */
export interface VideoView {
  readonly id: string;
  readonly state: 'processing' | 'ready' | 'failed';
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly thumbnails: readonly ThumbnailView[];
  readonly failure?: { readonly code: string; readonly message: string };
}

/** A job as the API tells it. */
export interface JobView {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly failure?: { readonly code: string; readonly message: string };
}

/** States in which a job rests. */
const AT_REST = ['succeeded', 'dead', 'cancelled', 'expired'];
const LOOK_EVERY_MS = 50;

/** A client of one API process, as a user would write it. */
export interface HttpClient {
  readonly url: string;
  upload(body: Uint8Array, query?: string): Promise<Response>;
  postMail(to: readonly string[], subject: string): Promise<Response>;
  get(path: string): Promise<Response>;
  post(path: string, body: unknown): Promise<Response>;
  /** What is at `path`, once it is as wanted. */
  until<View>(path: string, isDone: (view: View) => boolean): Promise<View>;
  /** The video once it is no longer processing. */
  video(id: string): Promise<VideoView>;
  /** The job once it is at rest. */
  job(id: string): Promise<JobView>;
}

/** The project's own clip. */
export function readClip(): Promise<Buffer> {
  return readFile(sampleClipPath);
}

/** Creates a client of the API at `url`. */
export function createHttpClient(url: string): HttpClient {
  const get = (path: string) => fetch(`${url}${path}`);
  const until = async <View>(path: string, isDone: (view: View) => boolean): Promise<View> => {
    for (;;) {
      const response = await get(path);
      const view = (await response.json()) as View;
      if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${JSON.stringify(view)}`);
      if (isDone(view)) return view;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  };
  const post = (path: string, body: unknown) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  return {
    url,
    get,
    post,
    until,
    upload: (body, query = '') =>
      fetch(`${url}/v1/videos${query}`, {
        method: 'POST',
        headers: { 'content-type': 'video/mp4' },
        body: Uint8Array.from(body),
      }),
    postMail: (to, subject) => post('/v1/mails', { to, subject, text: 'Hello.' }),
    video: (id) => until<VideoView>(`/v1/videos/${id}`, ({ state }) => state !== 'processing'),
    job: (id) => until<JobView>(`/v1/jobs/${id}?wait=20`, ({ state }) => AT_REST.includes(state)),
  };
}
