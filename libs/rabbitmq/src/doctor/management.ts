import { type Clock, LeveretError, messageOf, withDeadline } from '@leveret/core';
import type { Seen } from './picture.ts';

/** How long one answer of the management API may take, in milliseconds. */
const ANSWER_MS = 5_000;

/** The management API of a broker, read only. */
export interface ManagementApi {
  /** What is at `path`, behind `/api`, as `parse` reads it; why not, when it cannot be had. Never rejects. */
  read<Value>(path: string, parse: (body: unknown) => Value): Promise<Seen<Value>>;
}

/** Where the API is, and as whom it is asked. */
export interface ManagementAddress {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** The address beside that of AMQP, unless `url` names another one; credentials in it win. */
export function addressOf(amqpUrl: string, url?: string): ManagementAddress {
  const amqp = new URL(amqpUrl);
  const [protocol, port] = amqp.protocol === 'amqps:' ? ['https', 15_671] : ['http', 15_672];
  const target = new URL(url ?? `${protocol}://${amqp.hostname}:${port}`);
  const holder = target.username === '' ? amqp : target;
  return {
    url: `${target.origin}${target.pathname.replace(/\/+$/, '')}`,
    user: decodeURIComponent(holder.username || 'guest'),
    password: decodeURIComponent(holder.password || 'guest'),
  };
}

/** Creates a client. It connects to nothing before it is asked. */
export function createManagementApi(address: ManagementAddress, clock: Clock): ManagementApi {
  const credentials = Buffer.from(`${address.user}:${address.password}`).toString('base64');
  const headers = { authorization: `Basic ${credentials}` };

  async function get(path: string, signal: AbortSignal): Promise<unknown> {
    // A redirection would take the password elsewhere.
    const response = await fetch(`${address.url}/api${path}`, { headers, signal, redirect: 'error' });
    // A health check that fails says why, in the same form.
    const isFailedCheck = response.status === 503 && path.startsWith('/health/');
    if (response.ok || isFailedCheck) return await response.json();
    await response.body?.cancel();
    if (response.status !== 401 && response.status !== 403) throw new Error(`it answered ${response.status}`);
    throw new Error(`it does not show this to the user ${address.user}`);
  }

  return {
    async read(path, parse) {
      const giveUp = new AbortController();
      const late = () => {
        giveUp.abort();
        return new LeveretError('BROKER_UNAVAILABLE', `it did not answer within ${ANSWER_MS / 1_000} s`);
      };
      try {
        const body = await withDeadline(clock, ANSWER_MS, get(path, giveUp.signal), late);
        return { known: true, value: parse(body) };
      } catch (error) {
        return {
          known: false,
          why: `the management API at ${address.url} is of no help: ${reasonOf(error)}`,
        };
      }
    },
  };
}

/** `fetch` itself says only that it failed. */
function reasonOf(error: unknown): string {
  const { cause } = error instanceof Error ? error : { cause: undefined };
  if (cause instanceof AggregateError && cause.errors.length > 0) return messageOf(cause.errors[0]);
  return messageOf(cause ?? error);
}
