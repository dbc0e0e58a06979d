import {
  encodePayload,
  type JobMessage,
  type LedgerEntry,
  type OutgoingMessage,
  type StartedEvent,
  type SucceededEvent,
  type SupersededEvent,
} from '@leveret/core';
import { freshId } from './broker/broker-under-test.ts';

/** A queue that no other test uses. */
export function uniqueQueue(): string {
  return `q-${freshId()}`;
}

/** A message on `queue`; `payload` is a short text when left out. */
export function sampleMessage(queue: string, payload: unknown = 'work'): JobMessage {
  return {
    version: 1,
    id: freshId(),
    kind: 'contract.job',
    queue,
    priority: 'normal',
    attempt: 1,
    createdAt: 1_700_000_000_123,
    heldMs: 0,
    crashes: 0,
    snoozes: 0,
    generation: 0,
    body: encodePayload(payload),
    headers: {},
  };
}

/** As many messages as wanted, to be delivered at once. */
export function sampleBatch(queue: string, count: number): readonly OutgoingMessage[] {
  return Array.from({ length: count }, (_, index) => ({ message: sampleMessage(queue, index), delayMs: 0 }));
}

/** A text that carriers like to damage: it has a NUL, half of a character, a quote and what is no ASCII. */
export const awkwardText = 'before\0\ud800"\u2028✗ after';

/** The event that the job of `message` succeeded. */
export function succeeded({ id: jobId, kind, queue, attempt, createdAt }: JobMessage): SucceededEvent {
  return {
    type: 'succeeded',
    jobId,
    kind,
    queue,
    attempt,
    maxAttempts: 3,
    createdAt,
    at: createdAt + 10,
    result: { done: true },
  };
}

/** The event of a worker that the job of `message` succeeded at its first attempt, with all that workers say. */
export function succeededFirst(message: JobMessage): SucceededEvent {
  const { type: _type, ...base } = started(message);
  const { createdAt } = message;
  const said = { state: 'succeeded', result: null, version: '2', host: 'h1' } as const;
  return { ...base, type: 'succeeded', ...said, startedAt: createdAt + 7, at: createdAt + 19 };
}

/** The event that the job of `message` started. */
export function started({ id: jobId, kind, queue, attempt, createdAt }: JobMessage): StartedEvent {
  return {
    type: 'started',
    jobId,
    kind,
    queue,
    attempt,
    maxAttempts: 3,
    createdAt,
    at: createdAt + 5,
    workerId: 'w1',
  };
}

/** The event that `message` was acknowledged without being run, because its job was superseded. */
export function superseded(message: JobMessage): SupersededEvent {
  const { type: _type, ...base } = started(message);
  return { ...base, type: 'superseded', generation: message.generation };
}

/** What a ledger is told of the job of `message`. */
export function sampleEntry(message: JobMessage, delayMs = 0): LedgerEntry {
  return { outgoing: { message, delayMs }, maxAttempts: 3 };
}
