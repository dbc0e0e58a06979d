import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  type Broker,
  type Command,
  type ConsumeOptions,
  type Delivery,
  type Failure,
  type JobEvent,
  type JobMessage,
  type JobPriority,
  type Json,
  knownEvents,
  newId,
  systemClock,
  systemRandom,
} from '@leveret/core';
import { createInbox, type Inbox } from '../../inbox.ts';

/** A dead letter, as a test sees it. */
export interface KeptDeadLetter {
  readonly id: string;
  readonly priority: JobPriority;
  readonly maxAttempts: number | undefined;
  readonly crashes: number;
  readonly snoozes: number;
  readonly generation: number;
  readonly headers: JobMessage['headers'];
  readonly body: Uint8Array;
  readonly failure: Failure;
}

/** A server that brokers of one driver can be opened on. */
export interface BrokerUnderTest {
  /** URL of a module that exports `openBroker(options): Promise<Broker>`: child processes open theirs with it too. */
  readonly module: string;
  /** What `openBroker` is called with; it crosses process boundaries. */
  readonly options: Json;
  /** The dead letters that are kept for a queue, oldest first; they stay. */
  deadLetters(queue: string): Promise<readonly KeptDeadLetter[]>;
  /** What every broker reaches its server by. Absent where there is no connection to lose. */
  readonly link?: Link;
  dispose(): Promise<void>;
}

/** A way to a server that can be broken; a `TcpProxy` is one. */
export interface Link {
  /** Cuts every connection; they may be made again. */
  cut(): void;
  /** From now on none can be made; with `false`, they can again. */
  refuse(isRefusing: boolean): void;
}

/** What {@link BrokerUnderTest.module} exports. */
export interface BrokerModule {
  openBroker(options: Json): Promise<Broker>;
}

/** Brokers and processes of one test, all of them ended with it. */
export interface BrokerBench extends AsyncDisposable {
  /** Opens one more broker. */
  open(): Promise<Broker>;
  /** A queue that no other test uses, declared. */
  openQueue(): Promise<string>;
  /** A process that consumes `queue` and never settles; it tells each delivery. */
  consumeInProcess(queue: string, prefetch: number): Promise<DoomedProcess>;
  /** A process that is the active recorder and never finishes a batch. */
  recordInProcess(): Promise<DoomedProcess>;
  /** A process that takes the dead letters of `queue` and never finishes a batch. */
  takeDeadLettersInProcess(queue: string): Promise<DoomedProcess>;
}

/** A process that is going to be killed. */
export interface DoomedProcess {
  /** What it tells: ids of deliveries, or of the jobs of events, or properties of dead letters. */
  readonly told: Inbox<string>;
  /** Ends it with SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** How long a broker of a test gets to close, in milliseconds. */
const CLOSE_MS = 2_000;

/** Makes the bench of one test. */
export function createBrokerBench({ module, options }: BrokerUnderTest): BrokerBench {
  const brokers: Broker[] = [];
  const children: ChildProcess[] = [];

  async function start(task: Json): Promise<DoomedProcess> {
    const entry = new URL(
      import.meta.url.endsWith('.ts') ? './doomed-process.ts' : './doomed-process.js',
      import.meta.url,
    );
    const child = fork(entry, [JSON.stringify({ module, options, task })], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    children.push(child);
    const told = createInbox<string>();
    child.on('message', (message) => told.put(String(message)));
    await told.next();
    return { told, kill: () => kill(child) };
  }

  async function open(): Promise<Broker> {
    const { openBroker } = (await import(module)) as BrokerModule;
    const broker = await openBroker(options);
    brokers.push(broker);
    return broker;
  }

  return {
    open,
    async openQueue() {
      const queue = `q-${freshId()}`;
      const broker = brokers[0] ?? (await open());
      await broker.declare([queue]);
      return queue;
    },
    consumeInProcess: (queue, prefetch) => start({ queue, prefetch }),
    recordInProcess: () => start({ record: true }),
    takeDeadLettersInProcess: (queue) => start({ deadLettersOf: queue }),
    async [Symbol.asyncDispose]() {
      await Promise.all(children.map(kill));
      await Promise.all(brokers.map((broker) => broker.close(CLOSE_MS)));
    },
  };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Consumes into an inbox. */
export async function consumeInto(broker: Broker, queue: string, prefetch: number) {
  const inbox = createInbox<Delivery>();
  const onDelivery: ConsumeOptions['onDelivery'] = (delivery) => inbox.put(delivery);
  const subscription = await broker.consume(queue, { prefetch, onDelivery });
  return { inbox, subscription };
}

/** Records into an inbox, one event at a time. */
export async function recordInto(broker: Broker) {
  const inbox = createInbox<JobEvent>();
  const subscription = await broker.recordEvents(async (entries) => {
    for (const event of knownEvents(entries)) inbox.put(event);
  });
  return { inbox, subscription };
}

/** Listens into inboxes: events one at a time, commands, and gaps. */
export async function listenInto(broker: Broker) {
  const inbox = createInbox<JobEvent>();
  const commands = createInbox<Command>();
  const gaps = createInbox<'events' | 'commands'>();
  const following = await broker.live.followEvents({
    onReceived: (events) => events.forEach(inbox.put),
    onGap: () => gaps.put('events'),
  });
  const obeying = await broker.live.onCommand({
    onReceived: commands.put,
    onGap: () => gaps.put('commands'),
  });
  return { inbox, commands, gaps, stop: () => Promise.all([following.stop(), obeying.stop()]) };
}

/** A new id, as producers make them. */
export function freshId(): string {
  return newId(systemClock, systemRandom);
}
