import {
  indentJson,
  JOB_STATES,
  type JobDetails,
  type JobLogLine,
  type JobRecord,
  keepsBody,
} from '@leveret/core';
import { COLUMN, indented, renderFailure } from '../ledger/failure.ts';
import { shortened, toLine, toLines, toMomentText } from '../ledger/words.ts';
import { renderLog } from './render-log.ts';
import { renderAttempts, renderAudit } from './tables.ts';

/** All that is known of a job. */
export interface WholeJob extends JobDetails {
  readonly log: readonly JobLogLine[];
  /** As JSON. */
  readonly payload?: string;
  /** As JSON. */
  readonly result?: string;
}

/** All that is known of a job, for people. Of the log the newest lines; long texts are cut. */
export function renderJob({ job, attempts, audit, log, payload, result }: WholeJob, now: number): string {
  const { failure, headers } = job;
  return [
    ...renderFields(job, now),
    ...(attempts.length === 0
      ? []
      : ['', 'Attempts', ...indented(renderAttempts(attempts, now).split('\n'))]),
    ...(audit === undefined ? [] : ['', 'Actions', ...indented(renderAudit(audit, now).split('\n'))]),
    ...(log.length === 0 ? [] : ['', 'Log', ...indented(renderLog(log))]),
    ...(failure === undefined ? [] : ['', 'Failure', ...indented(renderFailure(failure))]),
    ...(headers === undefined ? [] : ['', 'Headers', ...indented(renderHeaders(headers))]),
    '',
    'Payload',
    ...indented(payload === undefined ? [whyWithoutPayload(job)] : renderJson(payload)),
    ...(result === undefined ? [] : ['', 'Result', ...indented(renderJson(result))]),
  ].join('\n');
}

function whyWithoutPayload({ history, state }: JobRecord): string {
  return keepsBody(history, state)
    ? 'not known: the ledger has only events of this job'
    : `not kept: the history policy of the job is ${history}`;
}

function renderFields(job: JobRecord, now: number): readonly string[] {
  const { id, state, kind, queue, priority, tags, generation = 0, workerId, runsOn } = job;
  const { history, redact } = job;
  const moment = (at: number | undefined) => (at === undefined ? undefined : toMomentText(at, now));
  const fields: Readonly<Record<string, string | undefined>> = {
    id,
    state: `${state}: ${JOB_STATES[state].meaning}`,
    kind,
    queue,
    priority,
    parent: job.parentId,
    tags: tags?.join(', '),
    generation: generation === 0 ? undefined : String(generation),
    attempt: renderAttempt(job),
    created: moment(job.createdAt),
    updated: moment(job.updatedAt),
    started: moment(job.startedAt),
    finished: moment(job.finishedAt),
    due: moment(job.dueAt),
    progress: renderProgress(job),
    worker: workerId,
    instance: runsOn === workerId ? undefined : runsOn,
    history,
    redacted: redact?.join(', '),
  };
  return Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name.padEnd(COLUMN)}${toLine(value)}`],
  );
}

function renderAttempt({ attempt, maxAttempts, suspectStarts = 0 }: JobRecord): string {
  const starts = suspectStarts === 1 ? '1 start' : `${suspectStarts} starts`;
  return `${attempt} of ${maxAttempts}${suspectStarts === 0 ? '' : ` (${starts} without a known end)`}`;
}

function renderProgress({ progress, progressDetails = {} }: JobRecord): string | undefined {
  if (progress === undefined) return undefined;
  const { done, total, text } = progressDetails;
  const amount = done === undefined || total === undefined ? '' : ` (${done} of ${total})`;
  return `${Math.round(progress * 100)} %${amount}${text === undefined ? '' : `: ${text}`}`;
}

function renderHeaders(headers: Readonly<Record<string, string>>): readonly string[] {
  const lines = Object.entries(headers).map(([name, value]) => toLine(`${name}: ${value}`));
  return shortened(lines.join('\n')).split('\n');
}

function renderJson(json: string): readonly string[] {
  return toLines(shortened(indentJson(json)));
}
