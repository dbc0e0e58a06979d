import {
  type Broker,
  type Clock,
  type DeadLetter,
  decodePayload,
  FINAL_STATES,
  findJsonFault,
  type JobMessage,
  type JobRecord,
  type JobStore,
  type Logger,
  MESSAGE_VERSION,
  messageOf,
  runOf,
  type Subscription,
  sleep,
  type UnfitMessage,
  type UnroutableMessage,
  type UnroutableRun,
} from '@leveret/core';
import type { LedgerWrites, Refused } from './ledger-writes.ts';
import { setAside } from './setting-aside.ts';

/** How often it is looked whether the ledger has met another queue, in milliseconds. */
const LOOK_EVERY_MS = 5_000;

/** What moving dead letters works with. */
export interface DeadLetterMovesOptions {
  readonly broker: Pick<Broker, 'takeDeadLetters' | 'takeUnroutable'>;
  readonly store: Pick<JobStore, 'keepDeadLetters' | 'setAside' | 'queues' | 'ledgerId' | 'get'>;
  readonly writes: LedgerWrites;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Moves dead letters from the broker into the ledger, of every queue that the ledger has met, and messages that the broker could not route. The broker
 * forgets one when the ledger has it: as a job, or set aside when it cannot be one or could not be routed.
 *
 * @returns How it ended; resolves when `signal` is aborted and the last batch is done. Never rejects.
 */
export async function moveDeadLetters(options: DeadLetterMovesOptions): Promise<void> {
  const { broker, store, clock, logger, signal } = options;
  const taken = new Map<string, Subscription>();
  let unroutable: Subscription | undefined;
  while (!signal.aborted) {
    try {
      const ledgerId = await store.ledgerId();
      unroutable ??= await broker.takeUnroutable((messages) => keepUnroutable(messages, options), {
        ledgerId,
      });
      for (const queue of await store.queues()) {
        if (taken.has(queue)) continue;
        const onBatch = (letters: readonly DeadLetter[]) => keep(letters, options);
        taken.set(queue, await broker.takeDeadLetters(queue, onBatch, { ledgerId }));
      }
    } catch (error) {
      if (!signal.aborted)
        logger.warn({ error: messageOf(error) }, 'cannot look for dead letters: will try again');
    }
    await sleep(clock, LOOK_EVERY_MS, signal);
  }
  const all = [...taken.values(), ...(unroutable === undefined ? [] : [unroutable])];
  await Promise.allSettled(all.map((subscription) => subscription.stop()));
}

/**
 * Sets messages aside, whatever they are. Of a job that the ledger can send again, they change nothing. A job that it cannot send, because it lacks its payload, becomes
 * dead with what the message holds. @throws once stopped, and what the ledger throws: then the broker keeps them.
 */
async function keepUnroutable(
  messages: readonly UnroutableMessage[],
  options: DeadLetterMovesOptions,
): Promise<void> {
  const at = options.clock.now();
  const unfit: UnfitMessage[] = [];
  const letters: DeadLetter[] = [];
  for (const { letter, ...message } of messages) {
    const job = letter && unfitReason(letter) === undefined ? letter.message : undefined;
    const known = job && (await options.store.get(job.id));
    if (letter !== undefined && job !== undefined && isOnlyThere(known)) letters.push(letter);
    else
      unfit.push({
        ...message,
        at,
        ...(job !== undefined && isOf(known, job) ? { unroutable: toRun(job) } : {}),
      });
  }
  if (letters.length > 0) await keep(letters, options);
  await setAside(unfit, 'the broker could not route messages', options);
}

/** Whether a message is all that there is of its job: the ledger could not send it again. */
function isOnlyThere(known: JobRecord | undefined): boolean {
  return known === undefined || (known.payload === undefined && !FINAL_STATES.includes(known.state));
}

/** Whether a message is of the job that the ledger has under its id. */
function isOf(known: JobRecord | undefined, { kind, queue }: JobMessage): boolean {
  return known?.kind === kind && known.queue === queue;
}

function toRun(message: JobMessage): UnroutableRun {
  const { id: jobId, generation, attempt } = message;
  return { jobId, generation, attempt, run: runOf(message) };
}

/** Puts dead letters of one queue into the ledger; resolves when it has all of them. @throws once stopped: then the broker keeps them. */
async function keep(letters: readonly DeadLetter[], options: DeadLetterMovesOptions): Promise<void> {
  const { store, writes, clock } = options;
  const at = clock.now();
  const unfit: Refused<DeadLetter>[] = [];
  const jobs: DeadLetter[] = [];
  for (const letter of letters) {
    const reason = unfitReason(letter);
    if (reason === undefined) jobs.push(letter);
    else unfit.push({ item: letter, reason });
  }
  const refused = await writes.each(jobs, async (part) => {
    const answers = await store.keepDeadLetters(part, at);
    part.forEach((item, index) => {
      if (answers[index] === 'conflict') unfit.push({ item, reason: conflictWords(item) });
    });
  });
  unfit.push(...refused);
  const messages = unfit.map(({ item, reason }) => {
    const { message, properties, isReturned } = item;
    return { queue: message.queue, reason, properties, body: message.body, at, isReturned };
  });
  await setAside(messages, 'dead letters cannot be jobs', options);
}

/** Why it cannot be a job that can be retried; undefined when it can. */
function unfitReason({ message, defect, failure }: DeadLetter): string | undefined {
  if (defect !== undefined) return defect;
  // The worker that found it has given it an id, and a kind, in place of those that it lacked.
  if (failure.code === 'MESSAGE_UNDECODABLE') return failure.message;
  if (message.version > MESSAGE_VERSION)
    return `its message has version ${message.version} of the format, and this process knows ${MESSAGE_VERSION}`;
  return payloadFault(message.body);
}

function payloadFault(body: Uint8Array): string | undefined {
  try {
    const fault = findJsonFault(decodePayload(body));
    return fault && `its payload ${fault.reason}`;
  } catch (error) {
    return `its payload is not JSON: ${messageOf(error)}`;
  }
}

function conflictWords({ message: { id, kind } }: DeadLetter): string {
  return `the ledger has another job with the id ${id}: kind, queue or payload of this one, a ${kind}, differ`;
}
