import type { Cancel, Clock } from '@leveret/core';
import { isBusy, isFull } from '../file/libsql.ts';
import { ACCEPTING, ACTING, WAKING, WRITING } from '../operations/operations.ts';
import {
  type CommitContext,
  isRead,
  performReads,
  performTogether,
  refuse,
  refuseForRoom,
} from './commit.ts';
import { joinBytes } from './joined-bytes.ts';
import type { Call, FailedReply, FromWriter, Reply } from './protocol.ts';

/** Shortest and longest pause between tries while another process writes, in milliseconds. */
const PAUSE_MS = [2, 20] as const;
/** How long what an operator waits for waits at most while another process writes, in milliseconds. */
const ACTING_WAIT_MS = 2_000;

/** What a queue of calls works with. */
export interface CallQueueOptions extends CommitContext {
  readonly clock: Clock;
  /** How long a call waits while another process writes, in milliseconds. */
  readonly busyTimeoutMs: number;
  readonly answer: (message: FromWriter) => void;
  /** Called after a commit that leaves somebody something to do. */
  readonly wakeOthers: () => void;
  /** Why no new jobs may be stored now, or undefined. */
  readonly shortage: () => string | undefined;
  /** Called when the disk was full: writes the log to the file, so that its room is used again. */
  readonly makeRoom: () => void;
}

/** Calls on their way into a commit. */
export interface CallQueue {
  /** Has calls done, and answers every one of them: what is waiting is one commit. Never throws. */
  add(calls: readonly Call[]): void;
}

interface Waiting {
  readonly call: Call;
  readonly since: number;
}

/**
 * Creates a queue. While another process writes, calls wait, each for as long as is allowed and no longer; what only reads is
 * answered meanwhile, from what is committed.
 */
export function createCallQueue(options: CallQueueOptions): CallQueue {
  const { clock, busyTimeoutMs, answer, wakeOthers, file } = options;
  let waiting: Waiting[] = [];
  let pauseMs: number = PAUSE_MS[0];
  let cancelRetry: Cancel | undefined;

  function reply(replies: readonly Reply[], wrote: boolean): void {
    if (replies.length === 0) return;
    const done: number[] = [];
    const values: unknown[] = [];
    const failures: FailedReply[] = [];
    for (const one of replies)
      if (!one.ok) failures.push(one);
      else if (one.value === undefined) done.push(one.call);
      else values.push(one.call, one.value);
    joinBytes(values);
    answer({ type: 'replies', done, values, failures, wrote });
  }

  function answerReads(): void {
    const reads = waiting.filter(({ call }) => isRead(call));
    if (reads.length === 0) return;
    waiting = waiting.filter(({ call }) => !isRead(call));
    reply(
      performReads(
        options,
        reads.map(({ call }) => call),
      ),
      false,
    );
  }

  /** What was accepted before is finished, and what there is can be read: only new jobs are refused. */
  function refuseNewJobs(reason: string): void {
    const refused = waiting.filter(({ call: [, operation] }) => ACCEPTING.has(operation));
    if (refused.length === 0) return;
    waiting = waiting.filter(({ call: [, operation] }) => !ACCEPTING.has(operation));
    reply(
      refused.map(({ call }) => refuseForRoom(call, reason)),
      false,
    );
  }

  function commit(): void {
    cancelRetry = undefined;
    const reason = options.shortage();
    if (reason !== undefined) refuseNewJobs(reason);
    if (waiting.every(({ call }) => isRead(call))) return answerReads();
    const calls = waiting.map(({ call }) => call);
    try {
      const replies = performTogether(options, calls);
      waiting = [];
      pauseMs = PAUSE_MS[0];
      reply(
        replies,
        calls.some(([, operation]) => WRITING.has(operation)),
      );
      wakeAfter(calls);
    } catch (error) {
      if (isBusy(error)) return wait(error);
      answerReads();
      const refused = waiting.map(({ call }) => call);
      waiting = [];
      if (isFull(error)) options.makeRoom();
      reply(
        refused.map((call) => refuse(file, call, error)),
        false,
      );
    }
  }

  function patienceWith(operation: string): number {
    return ACTING.has(operation) ? Math.min(ACTING_WAIT_MS, busyTimeoutMs) : busyTimeoutMs;
  }

  function wait(error: unknown): void {
    answerReads();
    const now = clock.monotonic();
    const isLate = ({ call: [, operation], since }: Waiting) => now - since >= patienceWith(operation);
    const late = waiting.filter(isLate);
    waiting = waiting.filter((one) => !isLate(one));
    reply(
      late.map(({ call }) => refuse(file, call, error)),
      false,
    );
    if (waiting.length === 0) return;
    cancelRetry = clock.schedule(pauseMs, commit);
    pauseMs = Math.min(pauseMs * 2, PAUSE_MS[1]);
  }

  function wakeAfter(calls: readonly Call[]): void {
    if (!calls.some(([, operation]) => WAKING.has(operation))) return;
    try {
      wakeOthers();
    } catch {
      // The poll stands behind it.
    }
  }

  return {
    add(calls) {
      const since = clock.monotonic();
      for (const call of calls) waiting.push({ call, since });
      if (cancelRetry !== undefined) answerReads();
      else if (waiting.length > 0) commit();
    },
  };
}
