import {
  createLinkedList,
  type Delivery,
  type JobMessage,
  maxAttemptsOf,
  type RunningJob,
} from '@leveret/core';
import type { Prepared } from '../handler/prepare.ts';
import { redacted, textMaskOf } from '../handler/redacted.ts';
import { type SettleAttemptOptions, startedEvent } from '../settlement/settle-attempt.ts';
import type { StartedRun } from '../starts/starts.ts';
import { type Attempt, startAttempt } from './attempt.ts';
import { createExecution, type ExecutionMeans } from './execution.ts';
import { JobLog } from './job-log.ts';
import type { StuckSlots } from './stuck-slots.ts';

/** What the attempts of one queue work with. */
export interface AttemptsOptions extends ExecutionMeans {
  readonly stuck: StuckSlots;
  /** Told the duration of each handler, in milliseconds. */
  readonly observe: (durationMs: number) => void;
}

/** An attempt that may start. */
export interface AttemptToRun {
  readonly delivery: Delivery;
  readonly prepared: Extract<Prepared, { kind: 'ready' }>;
  /** Absent for a delivery that nobody had to decide on. */
  readonly start: StartedRun | undefined;
  /** Told once how it ended. Must not throw. */
  readonly onResult: (finished: SettleAttemptOptions) => void;
}

/** The attempts of one queue that are under way. */
export interface Attempts {
  /** Runs an attempt; resolves when its handler has ended and the slot is free. */
  run(attempt: AttemptToRun): Promise<void>;
  /** Aborts all, because the worker stops. */
  abortAll(): Promise<unknown>;
  /** Aborts those whose messages are superseded. */
  cancel(isSuperseded: (message: JobMessage) => boolean): void;
  /** Their jobs, those that started first at the beginning. */
  running(): readonly RunningJob[];
}

interface UnderWay {
  readonly attempt: Attempt;
  readonly message: JobMessage;
  readonly startedAt: number;
}

/** Creates the attempts of one queue. */
export function createAttempts(options: AttemptsOptions): Attempts {
  const { outbox, worker, tellOutcomes, stuck, observe, clock } = options;
  const attempts = createLinkedList<UnderWay>();

  return {
    async run({ delivery, prepared: { runnable, payload }, start, onResult }) {
      const { message } = delivery;
      const { definition } = runnable;
      const { retry, timeoutMs } = definition;
      const startedAt = clock.now();
      const begunAt = clock.monotonic();
      const crashes = start?.crashes ?? message.crashes;
      const maxAttempts = maxAttemptsOf(message, retry);
      const mask = textMaskOf(definition, message);
      const log = new JobLog({ message, maxAttempts, mask }, options);
      let isStuck = false;
      if (tellOutcomes) outbox.add(startedEvent(message, { maxAttempts, at: startedAt, worker }));
      const attempt = startAttempt({
        execute: start?.execute ?? runnable.execute,
        toExecution: (signal) =>
          createExecution({ message, maxAttempts, mask, payload, signal, log }, options),
        timeoutMs,
        clock,
        onResult(result) {
          JobLog.end(log);
          onResult({ delivery, result: redacted(result, definition, message), retry, startedAt, crashes });
        },
        onStuck() {
          isStuck = true;
          stuck.note(message);
        },
      });
      const place = attempts.add({ attempt, message, startedAt });
      await attempt.ended;
      attempts.remove(place);
      if (isStuck) stuck.noteEnd();
      observe(clock.monotonic() - begunAt);
    },
    abortAll: () => Promise.all([...attempts].map(({ attempt }) => attempt.abort())),
    cancel(isSuperseded) {
      for (const { attempt, message } of attempts) if (isSuperseded(message)) attempt.cancel();
    },
    running: () =>
      [...attempts].map(({ message: { id: jobId, kind, queue }, startedAt }) => ({
        jobId,
        kind,
        queue,
        startedAt,
      })),
  };
}
