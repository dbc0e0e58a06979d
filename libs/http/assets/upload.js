/** Waits between two looks at a video, in milliseconds: growing from the first to the last. */
const FIRST_LOOK_MS = 400;
const LAST_LOOK_MS = 5_000;
const LOOK_GROWTH = 1.5;

/** Why a request failed, in words for whoever uses the page. */
export class RequestFailure extends Error {
  /** @param {{ code?: string, passes?: boolean }} reason `code` is the server's; `passes` when asking again may help. */
  constructor(message, { code, passes = false } = {}) {
    super(message);
    this.code = code;
    this.passes = passes;
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
    let isBegun = false;
    request.open('POST', `${server.apiPath}/videos${query}`);
    if (server.key !== '') request.setRequestHeader('Authorization', `Bearer ${server.key}`);
    request.responseType = 'text';
    request.upload.onprogress = ({ loaded, total }) => {
      isBegun = true;
      onProgress(total === 0 ? 1 : loaded / total);
    };
    request.onload = () => {
      const body = parse(request.responseText);
      if (request.status === 202 && body?.id) resolve(body.id);
      else reject(toFailure(request.status, body));
    };
    request.onerror = () => reject(isBegun ? lost() : unreachable());
    request.onabort = () => reject(cancelled());
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
  const url = `${server.apiPath}/videos/${id}`;
  for (let waitMs = FIRST_LOOK_MS; ; waitMs = Math.min(waitMs * LOOK_GROWTH, LAST_LOOK_MS)) {
    await pause(waitMs, signal);
    try {
      const video = await get(url, { server, signal, read: (response) => response.json() });
      if (video.state !== 'processing') return video;
    } catch (failure) {
      if (!failure.passes) throw failure;
      onTrouble(failure);
    }
  }
}

/**
 * The bytes of a picture, for servers that show pictures only to whoever has a key.
 *
 * @throws {RequestFailure} and an `AbortError` when `signal` aborts.
 */
export function fetchPicture(url, { server, signal }) {
  return get(url, { server, signal, read: (response) => response.blob() });
}

async function get(url, { server, signal, read }) {
  const headers = server.key === '' ? {} : { Authorization: `Bearer ${server.key}` };
  const [response, body] = await fetch(url, { headers, signal })
    .then(async (response) => [response, await (response.ok ? read(response) : response.text())])
    .catch((error) => {
      throw error.name === 'AbortError' ? error : unreachable();
    });
  if (response.ok) return body;
  throw toFailure(response.status, parse(body));
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toFailure(status, problem) {
  return new RequestFailure(problem?.detail ?? `The server answered with status ${status}.`, {
    code: problem?.code,
    passes: status >= 500,
  });
}

function unreachable() {
  return new RequestFailure('The server cannot be reached. Check that it runs, then try again.', {
    passes: true,
  });
}

function lost() {
  return new RequestFailure('The connection was lost before the server had the whole file. Try again.');
}

function cancelled() {
  return new DOMException('Cancelled', 'AbortError');
}

function pause(waitMs, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, waitMs);
    const onAbort = () => {
      clearTimeout(timer);
      reject(cancelled());
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
