/** Waits between two looks at a video, in milliseconds: growing from the first to the last. */
const FIRST_LOOK_MS = 400;
const LAST_LOOK_MS = 5_000;
const LOOK_GROWTH = 1.5;

/** Why a request failed, in words for whoever uses the page. `code` is the server's, or undefined when it did not answer. */
export class RequestFailure extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

/**
 * Uploads a file. Resolves with the id of the video.
 *
 * @param {{ file: File, notify: string, server: { apiPath: string, key: string }, signal: AbortSignal,
 *   onProgress: (done: number) => void }} upload `done` goes from 0 to 1.
 * @throws {RequestFailure} and an `AbortError` when `signal` aborts.
 */
export function sendVideo({ file, notify, server, signal, onProgress }) {
  return new Promise((resolve, reject) => {
    // fetch tells no progress of uploads.
    const request = new XMLHttpRequest();
    const query = notify === '' ? '' : `?notify=${encodeURIComponent(notify)}`;
    request.open('POST', `${server.apiPath}/videos${query}`);
    if (server.key !== '') request.setRequestHeader('Authorization', `Bearer ${server.key}`);
    request.responseType = 'text';
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 1 : loaded / total);
    request.onload = () => {
      const body = parse(request.responseText);
      if (request.status === 202 && body?.id) resolve(body.id);
      else reject(toFailure(request.status, body));
    };
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(new DOMException('Cancelled', 'AbortError'));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    const form = new FormData();
    form.append('file', file);
    request.send(form);
  });
}

/**
 * Looks at a video again and again until nothing more will happen to it; resolves with what it came to.
 *
 * @param {{ id: string, server: { apiPath: string, key: string }, signal: AbortSignal,
 *   onTrouble: (failure: RequestFailure) => void }} options `onTrouble` is told of looks that failed and are repeated.
 * @throws {RequestFailure} when looking again cannot help, and an `AbortError` when `signal` aborts.
 */
export async function followVideo({ id, server, signal, onTrouble }) {
  for (let waitMs = FIRST_LOOK_MS; ; waitMs = Math.min(waitMs * LOOK_GROWTH, LAST_LOOK_MS)) {
    await pause(waitMs, signal);
    try {
      const video = await getJson(`${server.apiPath}/videos/${id}`, { server, signal });
      if (video.state !== 'processing') return video;
    } catch (failure) {
      if (!(failure instanceof RequestFailure) || !failure.passes) throw failure;
      onTrouble(failure);
    }
  }
}

/** The bytes of a picture, for servers that show pictures only to whoever has a key. */
export async function fetchPicture(url, server) {
  const response = await fetch(url, { headers: authorization(server) });
  if (!response.ok) throw toFailure(response.status, parse(await response.text()));
  return response.blob();
}

async function getJson(url, { server, signal }) {
  const response = await fetch(url, { headers: authorization(server), signal, cache: 'no-store' }).catch(
    (error) => {
      throw error.name === 'AbortError' ? error : unreachable();
    },
  );
  const body = parse(await response.text());
  if (response.ok && body !== undefined) return body;
  throw toFailure(response.status, body);
}

function authorization({ key }) {
  return key === '' ? {} : { Authorization: `Bearer ${key}` };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toFailure(status, problem) {
  const failure = new RequestFailure(
    problem?.detail ?? `The server answered with status ${status}.`,
    problem?.code,
  );
  failure.passes = status >= 500;
  return failure;
}

function unreachable() {
  const failure = new RequestFailure('The server cannot be reached. Check that it runs, then try again.');
  failure.passes = true;
  return failure;
}

function pause(waitMs, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, waitMs);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        reject(new DOMException('Cancelled', 'AbortError'));
      },
      { once: true },
    );
  });
}
