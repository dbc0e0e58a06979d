/** A client of the admin API with a session of its own. */
export interface AdminClient {
  /** @throws {Error} with what the API answers when it refuses. */
  get<View>(path: string): Promise<View>;
  /** @throws {Error} with what the API answers when it refuses. */
  post<View>(path: string, body: unknown): Promise<View>;
  /** @throws {Error} with what the API answers when it refuses. */
  delete(path: string): Promise<void>;
}

/**
 * Signs in to the admin API.
 *
 * @param url Of the API.
 * @returns A client that takes paths below `/v1/admin`.
 */
export async function signIn(url: string, name: string, password: string): Promise<AdminClient> {
  const send = async (path: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(`${url}/v1/admin${path}`, init);
    if (response.ok) return response;
    throw new Error(`${init.method} ${path}: ${response.status} ${await response.text()}`);
  };
  const toBody = (body: unknown) => ({ method: 'POST', body: JSON.stringify(body) });
  const json = { 'content-type': 'application/json' };

  const signedIn = await send('/session', { ...toBody({ name, password }), headers: json });
  const cookie = signedIn.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');
  return {
    async get<View>(path: string) {
      const response = await send(path, { method: 'GET', headers: { cookie } });
      return (await response.json()) as View;
    },
    async post<View>(path: string, body: unknown) {
      const response = await send(path, { ...toBody(body), headers: { ...json, cookie } });
      return (await response.json()) as View;
    },
    async delete(path) {
      await send(path, { method: 'DELETE', headers: { cookie } });
    },
  };
}
