/** What the management API tells of a queue. */
export interface ManagedQueue {
  readonly name: string;
  readonly type: string;
  readonly durable: boolean;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** What a policy is set to. */
export interface ManagedPolicy {
  readonly pattern: string;
  readonly definition: Readonly<Record<string, string | number>>;
}

/** What a user may do in a virtual host: patterns that names have to match; an empty one matches none. */
export interface Permissions {
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

/** A message that is published as it is. */
export interface ManagedMessage {
  readonly exchange: string;
  readonly key: string;
  readonly body: string;
}

/** A client of the management API of one broker. */
export interface Management {
  createVhost(name: string): Promise<void>;
  deleteVhost(name: string): Promise<void>;
  /** Makes a user, or gives it another password. */
  setUser(name: string, password: string): Promise<void>;
  deleteUser(name: string): Promise<void>;
  grant(vhost: string, user: string, permissions: Permissions): Promise<void>;
  listQueues(vhost: string): Promise<readonly ManagedQueue[]>;
  /** The name of the node that leads a quorum queue. */
  leaderOf(vhost: string, queue: string): Promise<string>;
  /** Sets a policy for queues and exchanges whose names fit `pattern`. */
  setPolicy(vhost: string, name: string, policy: ManagedPolicy): Promise<void>;
  /** Removes what leads from an exchange to a queue. */
  deleteBindings(vhost: string, exchange: string, queue: string): Promise<void>;
  /** Publishes a message as a foreign program does, whatever it is. */
  publish(vhost: string, message: ManagedMessage): Promise<void>;
  /** Moves all messages of a queue to another one, as an operator does; what the broker has added stays behind. Resolves with how many there were. */
  moveMessages(vhost: string, from: string, to: string): Promise<number>;
  /** Cuts every connection to the virtual host; resolves with how many there were. */
  closeConnections(vhost: string): Promise<number>;
}

/** A message as the API shows it. */
interface Message {
  readonly payload: string;
  readonly properties: { readonly headers?: Readonly<Record<string, unknown>> };
}

/** Most messages moved in one go. */
const MOST_MOVED = 1_000;

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
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  async function grant(vhost: string, user: string, permissions: Permissions): Promise<void> {
    await call('PUT', `/permissions/${encodeURIComponent(vhost)}/${encodeURIComponent(user)}`, permissions);
  }

  return {
    createVhost: async (name) => {
      await call('PUT', `/vhosts/${encodeURIComponent(name)}`, {});
      await grant(name, decodeURIComponent(username), { configure: '.*', write: '.*', read: '.*' });
    },
    setUser: async (name, ownPassword) => {
      await call('PUT', `/users/${encodeURIComponent(name)}`, { password: ownPassword, tags: '' });
    },
    deleteUser: async (name) => {
      await call('DELETE', `/users/${encodeURIComponent(name)}`);
    },
    grant,
    deleteVhost: async (name) => {
      await call('DELETE', `/vhosts/${encodeURIComponent(name)}`);
    },
    listQueues: async (vhost) =>
      (await call('GET', `/queues/${encodeURIComponent(vhost)}`)) as readonly ManagedQueue[],
    leaderOf: async (vhost, queue) => {
      const path = `/queues/${encodeURIComponent(vhost)}/${encodeURIComponent(queue)}`;
      return ((await call('GET', path)) as { readonly leader: string }).leader;
    },
    setPolicy: async (vhost, name, policy) => {
      await call('PUT', `/policies/${encodeURIComponent(vhost)}/${encodeURIComponent(name)}`, policy);
    },
    deleteBindings: async (vhost, exchange, queue) => {
      const path = `/bindings/${encodeURIComponent(vhost)}/e/${exchange}/q/${queue}`;
      const bindings = (await call('GET', path)) as readonly { readonly properties_key: string }[];
      await Promise.all(
        bindings.map(({ properties_key: key }) => call('DELETE', `${path}/${encodeURIComponent(key)}`)),
      );
    },
    publish: async (vhost, { exchange, key, body }) => {
      await call('POST', `/exchanges/${encodeURIComponent(vhost)}/${exchange}/publish`, {
        routing_key: key,
        payload: body,
        payload_encoding: 'string',
        properties: {},
      });
    },
    moveMessages: async (vhost, from, to) => {
      const at = `/${encodeURIComponent(vhost)}`;
      const take = { count: MOST_MOVED, ackmode: 'ack_requeue_false', encoding: 'base64' };
      const messages = (await call('POST', `/queues${at}/${from}/get`, take)) as readonly Message[];
      for (const { payload, properties } of messages) {
        const headers = Object.entries(properties.headers ?? {}).filter(([name]) => !/^x-|^B?CC$/.test(name));
        await call('POST', `/exchanges${at}/amq.default/publish`, {
          routing_key: to,
          payload,
          payload_encoding: 'base64',
          properties: { ...properties, headers: Object.fromEntries(headers) },
        });
      }
      return messages.length;
    },
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
