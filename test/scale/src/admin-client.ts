import type { RunningServer } from '@leveret/e2e';

/** An answer of the admin API, and how long it took. */
export interface TimedAnswer {
  readonly status: number;
  readonly durationMs: number;
  readonly body: unknown;
}

/** A client of the admin API that is signed in as an admin. */
export interface AdminClient {
  /** Of the server. */
  readonly url: string;
  /** That of the session, as a browser keeps it. */
  readonly cookie: { readonly name: string; readonly value: string; readonly url: string };
  /** Headers of the session. */
  readonly headers: Readonly<Record<string, string>>;
  /** Reads a path below `/v1/admin`; the time is that until the whole answer is there. */
  get(path: string): Promise<TimedAnswer>;
  /** The answer to a request that is not refused. */
  view<View>(path: string): Promise<View>;
}

/** Signs in with the password that the API printed at its first start. */
export async function signIn({ app, client: { url } }: RunningServer): Promise<AdminClient> {
  const [, password] = await app.until(/a first account: admin, with the password (\S+)/);
  const response = await fetch(`${url}/v1/admin/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'admin', password }),
  });
  const [, name, value] = /^([^=]+)=([^;]+)/.exec(response.headers.get('set-cookie') ?? '') ?? [];
  if (name === undefined || value === undefined)
    throw new Error(`signing in: ${response.status} ${await response.text()}`);
  const headers = { cookie: `${name}=${value}` };

  async function get(path: string): Promise<TimedAnswer> {
    const startedAt = performance.now();
    const { status, ...answer } = await request(`${url}/v1/admin${path}`, headers);
    return { status, durationMs: performance.now() - startedAt, body: answer.body };
  }

  return {
    url,
    cookie: { name, value, url },
    headers,
    get,
    async view<View>(path: string) {
      const { status, body } = await get(path);
      if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
      return body as View;
    },
  };
}

async function request(
  address: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(address, { headers });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, body: isJson ? JSON.parse(text) : text };
}
