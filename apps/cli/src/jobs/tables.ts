import {
  type AttemptRecord,
  type AuditEntry,
  type FilteredCount,
  JOB_STATES,
  type JobCount,
  type JobState,
  type JobSummary,
} from '@leveret/core';
import { renderTable } from '../ledger/table.ts';
import { toDistance } from '../ledger/words.ts';

const STATES = Object.keys(JOB_STATES) as readonly JobState[];

/** Jobs for people, one a line, in their order. */
export function renderJobs(jobs: readonly JobSummary[], now: number): string {
  const head = ['id', 'state', 'kind', 'queue', 'attempt', 'updated', 'error'];
  const rows = jobs.map(({ id, state, kind, queue, attempt, maxAttempts, updatedAt, errorCode = '' }) => [
    id,
    state,
    kind,
    queue,
    `${attempt} of ${maxAttempts}`,
    toDistance(updatedAt, now),
    errorCode,
  ]);
  return renderTable(head, rows);
}

/** The attempts of a job for people, one a line, in their order. */
export function renderAttempts(attempts: readonly AttemptRecord[], now: number): string {
  const head = [
    ...['generation', 'attempt', 'outcome', 'started', 'waited', 'took'],
    ...['worker', 'host', 'version', 'error'],
  ];
  const rows = attempts.map((attempt) => {
    const { startedAt, endedAt, outcome = 'running', queueWaitMs, failure } = attempt;
    const { workerId = '', host = '', version = '' } = attempt;
    const took = startedAt !== undefined && endedAt !== undefined ? `${endedAt - startedAt} ms` : '';
    return [
      String(attempt.generation),
      String(attempt.attempt),
      outcome,
      startedAt === undefined ? '' : toDistance(startedAt, now),
      queueWaitMs === undefined ? '' : `${queueWaitMs} ms`,
      took,
      workerId,
      host,
      version,
      failure?.errorCode ?? failure?.code ?? '',
    ];
  });
  return renderTable(head, rows);
}

/** What operators did with a job for people, one action a line, in the order given. */
export function renderAudit(audit: readonly AuditEntry[], now: number): string {
  const head = ['action', 'from', 'to', 'when', 'by', 'operation', 'reason'];
  const rows = audit.map(({ action, before = '', after = '', at, by, operationId = '', reason = '' }) => [
    action,
    before,
    after,
    toDistance(at, now),
    by,
    operationId,
    reason,
  ]);
  return renderTable(head, rows);
}

/** How many jobs a filter selects, for people. */
export function renderCount({ count, isExact }: FilteredCount): string {
  const number = count.toLocaleString('en');
  return isExact ? number : `over ${number}`;
}

/** How many jobs there are for people: a line for each queue and kind, a column for each state that a job is in. */
export function renderCounts(counts: readonly JobCount[]): string {
  const states = STATES.filter((state) => counts.some((count) => count.state === state));
  const groups = new Map<string, JobCount[]>();
  for (const count of counts) {
    const key = JSON.stringify([count.queue, count.kind]);
    groups.set(key, [...(groups.get(key) ?? []), count]);
  }
  const rows = [...groups.entries()]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, group]) => [group[0]?.queue ?? '', group[0]?.kind ?? '', ...figures(group, states)]);
  const head = ['queue', 'kind', ...states, 'all'];
  const total = ['all', '', ...figures(counts, states)];
  return renderTable(head, [...rows, total], ['left', 'left', ...head.slice(2).map(() => 'right' as const)]);
}

/** The number of jobs in each of `states`, and in all of them. */
function figures(counts: readonly JobCount[], states: readonly JobState[]): readonly string[] {
  const sumOf = (some: readonly JobCount[]) => some.reduce((sum, { count }) => sum + count, 0);
  const sums = states.map((state) => sumOf(counts.filter((count) => count.state === state)));
  return [...sums, sumOf(counts)].map((sum) => sum.toLocaleString('en'));
}
