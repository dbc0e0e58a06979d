import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const script = fileURLToPath(new URL('./foreign-client.mjs', import.meta.url));

/** A job as a foreign producer sends it. What is left out is as the wire format has it. */
export interface ForeignJob {
  readonly queue: string;
  readonly kind: string;
  readonly body: string;
  readonly delayMs?: number;
  /** The normal one when left out. */
  readonly lane?: string;
  /** Properties that it sets otherwise, by their names in amqplib; `null` leaves one out. */
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, unknown>>;
  /** Its producer does not look whether the queue exists. */
  readonly isCareless?: boolean;
}

/** A message as a foreign consumer got it. */
export interface ForeignMessage {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly deliveryMode: number;
  readonly timestamp: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Base 64. */
  readonly body: string;
  readonly redelivered: boolean;
}

/** The program that knows only the wire format, at work on one virtual host. Each call is a process of its own. */
export interface ForeignClient {
  /** Declares the topology, with these queues. */
  declare(queues: readonly string[]): Promise<void>;
  /** Publishes jobs; resolves with their ids. */
  produce(...jobs: readonly ForeignJob[]): Promise<readonly string[]>;
  /** Does `count` jobs of one lane, the normal one if not said, as their payloads say. `silent`: without telling what became of them. */
  consume(
    queue: string,
    count: number,
    options?: { readonly silent?: boolean; readonly lane?: string },
  ): Promise<readonly ForeignMessage[]>;
  /** Takes `count` dead letters, as soon as they are there. */
  takeLetters(queue: string, count: number): Promise<readonly ForeignMessage[]>;
  /** Publishes events. */
  tell(events: readonly unknown[]): Promise<void>;
}

/** Creates a client of the virtual host at `url`. */
export function createForeignClient(url: string): ForeignClient {
  /** The lines that the process writes. */
  async function work<Line>(task: string, options: object): Promise<readonly Line[]> {
    const { stdout } = await run(process.execPath, [script, JSON.stringify({ url, task, ...options })]);
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  }

  return {
    async declare(queues) {
      await work('declare', { queues });
    },
    async produce(...jobs) {
      const lines = await work<{ readonly id: string }>('produce', { jobs });
      return lines.map(({ id }) => id);
    },
    consume: (queue, count, options = {}) => work('consume', { queue, count, ...options }),
    takeLetters: (queue, count) => work('take-off', { name: `leveret.dead.${queue}`, count }),
    async tell(events) {
      await work('tell', { events });
    },
  };
}

/** The bytes of a message's body as text. */
export function textOf({ body }: ForeignMessage): string {
  return Buffer.from(body, 'base64').toString();
}
