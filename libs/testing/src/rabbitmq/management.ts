/** What the management API tells of a queue. */
export interface ManagedQueue {
  readonly name: string;
  readonly type: string;
  readonly durable: boolean;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** A client of the management API of one broker. */
export interface Management {
  createVhost(name: string): Promise<void>;
  deleteVhost(name: string): Promise<void>;
  listQueues(vhost: string): Promise<readonly ManagedQueue[]>;
  /** Cuts every connection to the virtual host; resolves with how many there were. */
  closeConnections(vhost: string): Promise<number>;
}

/** Creates a client of the API at `url`, which holds the credentials. */
export function createManagement(url: string): Management {
  const { origin, username, password } = new URL(url);
  const authorization = `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`;

  async function call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${origin}/api${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 || method !== 'GET' ? undefined : await response.json();
  }

  return {
    createVhost: async (name) => {
      await call('PUT', `/vhosts/${encodeURIComponent(name)}`, {});
      await call('PUT', `/permissions/${encodeURIComponent(name)}/${username}`, {
        configure: '.*',
        write: '.*',
        read: '.*',
      });
    },
    deleteVhost: async (name) => {
      await call('DELETE', `/vhosts/${encodeURIComponent(name)}`);
    },
    listQueues: async (vhost) =>
      (await call('GET', `/queues/${encodeURIComponent(vhost)}`)) as readonly ManagedQueue[],
    closeConnections: async (vhost) => {
      const connections = (await call(
        'GET',
        `/vhosts/${encodeURIComponent(vhost)}/connections`,
      )) as readonly { readonly name: string }[];
      await Promise.all(
        connections.map(({ name }) => call('DELETE', `/connections/${encodeURIComponent(name)}`)),
      );
      return connections.length;
    },
  };
}
