import type { JobState } from '@leveret/core';
import type { Attempt } from '../../api/job.ts';

/** A stretch of the life of a job. */
export interface Stretch {
  /** `delay`: it is not due. `wait`: it could run, and no worker starts it. `run`: a handler runs. `rest`: between an end and a new run that an operator asked for. */
  readonly kind: 'delay' | 'wait' | 'run' | 'rest';
  readonly from: Date;
  readonly until: Date;
  /** Of a run. */
  readonly attempt?: number;
  /** Of a run that did not lead to success. */
  readonly hasFailed?: boolean;
  /** It has not ended. */
  readonly isOpen?: boolean;
}

/** What a timeline is made of. */
export interface TimelineOf {
  readonly job: {
    readonly state: JobState;
    readonly generation: number;
    readonly createdAt: Date;
    readonly updatedAt: Date;
    readonly dueAt: Date | undefined;
  };
  readonly attempts: readonly Attempt[];
}

/** The stretches of a job from its creation on, in their order. Attempts of which no start is known are left out. */
export function timelineOf({ job, attempts }: TimelineOf, now: Date): readonly Stretch[] {
  const stretches: Stretch[] = [];
  let at = job.createdAt;
  let generation = 0;
  for (const attempt of attempts) {
    const { startedAt } = attempt;
    if (startedAt === undefined) continue;
    const isNewRun = attempt.generation > generation && stretches.length > 0;
    stretches.push(...before(attempt, at, startedAt, isNewRun));
    const run = runOf(attempt, startedAt, job.state, now);
    stretches.push(run);
    at = run.until;
    generation = attempt.generation;
  }
  return [...stretches, ...after(job, at, now)].filter(({ from, until }) => until > from);
}

/** What comes before an attempt: until it was due, and then until it was started. */
function before(attempt: Attempt, at: Date, startedAt: Date, isNewRun: boolean): readonly Stretch[] {
  // Clocks of two machines may differ: no stretch is negative.
  const gapMs = Math.max(startedAt.getTime() - at.getTime(), 0);
  const waitMs = Math.min(attempt.queueWaitMs ?? (attempt.attempt === 1 ? gapMs : 0), gapMs);
  const readyAt = new Date(startedAt.getTime() - waitMs);
  return [
    { kind: isNewRun ? 'rest' : 'delay', from: at, until: readyAt },
    { kind: 'wait', from: readyAt, until: startedAt },
  ];
}

function runOf(attempt: Attempt, startedAt: Date, state: JobState, now: Date): Stretch {
  const { endedAt, runMs, outcome } = attempt;
  const ended = endedAt ?? (runMs === undefined ? undefined : new Date(startedAt.getTime() + runMs));
  const isOpen = ended === undefined && state === 'running';
  return {
    kind: 'run',
    from: startedAt,
    until: ended ?? (isOpen ? now : startedAt),
    attempt: attempt.attempt,
    hasFailed: attempt.failure !== undefined || outcome === 'dead' || outcome === 'retrying',
    isOpen,
  };
}

/** What the job does since its last attempt. */
function after({ state, dueAt, createdAt }: TimelineOf['job'], at: Date, now: Date): readonly Stretch[] {
  switch (state) {
    case 'retrying':
    case 'scheduled':
      return dueAt === undefined ? [] : [{ kind: 'delay', from: at, until: dueAt, isOpen: true }];
    case 'queued':
      return [{ kind: 'wait', from: at > createdAt ? at : createdAt, until: now, isOpen: true }];
    case 'running':
    case 'succeeded':
    case 'cancelled':
    case 'expired':
    case 'dead':
    case 'discarded':
      return [];
  }
}
