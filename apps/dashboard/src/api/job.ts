import type {
  AttemptView,
  ExplanationView,
  JobCountsView,
  JobDetailsView,
  JobLogView,
  JobPageView,
  JobPicturesView,
} from '@leveret/http-contract/admin';
import { formatFilter } from '@leveret/http-contract/filter';
import { queryOptions } from '@tanstack/react-query';
import { type Job, toJob } from './jobs.ts';
import { addressOf, call, readText } from './transport/client.ts';

/** One attempt of a job. */
export interface Attempt extends Omit<AttemptView, 'startedAt' | 'endedAt'> {
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
}

/** Why an attempt failed. */
export type Failure = NonNullable<AttemptView['failure']>;

/** What somebody did with a job. */
export interface JobAuditEntry extends Omit<JobDetailsView['audit'][number], 'at'> {
  readonly at: Date;
}

/** All of a job but payload, result and log. */
export interface JobDetails {
  readonly job: Job & Omit<JobDetailsView['job'], keyof Job>;
  /** By generation and attempt. */
  readonly attempts: readonly Attempt[];
  /** Newest first. */
  readonly audit: readonly JobAuditEntry[];
  /** Since when the broker is not known to have it. */
  readonly undispatchedSince: Date | undefined;
}

/** A line that a handler logged. */
export interface LogLine extends Omit<JobLogView['lines'][number], 'at'> {
  readonly at: Date;
}

/** Why a job is where it is. */
export interface Cause extends Omit<ExplanationView['causes'][number], 'since' | 'until'> {
  readonly since: Date | undefined;
  readonly until: Date | undefined;
}

/** The jobs that a job enqueued. */
export interface JobChildren extends Pick<JobCountsView, 'count' | 'isExact' | 'byState'> {
  /** Selects all of them. */
  readonly filter: string;
  /** Those that were updated last. */
  readonly jobs: readonly Job[];
}

/** A part of a job that is read on its own. */
export type BodyPart = 'payload' | 'result';

const EXPLAIN_EVERY_MS = 5_000;
const CHILDREN_EVERY_MS = 5_000;
/** Most children of a job that are shown with it. */
const SHOWN_CHILDREN = 10;

/** One job. The live stream replaces it. */
export function jobQuery(id: string) {
  return queryOptions({
    queryKey: ['job', id, 'details'],
    queryFn: ({ signal }) => call<JobDetailsView>(`/jobs/${encodeURIComponent(id)}`, { signal }),
    select: toJobDetails,
  });
}

/** What the handlers of a job logged. */
export function jobLogQuery(id: string) {
  return queryOptions({
    queryKey: ['job', id, 'log'],
    queryFn: ({ signal }) => call<JobLogView>(`/jobs/${encodeURIComponent(id)}/log`, { signal }),
    select: ({ lines }: JobLogView): readonly LogLine[] =>
      lines.map(({ at, ...line }) => ({ ...line, at: new Date(at) })),
  });
}

/** Why a job is where it is. */
export function explanationQuery(id: string) {
  return queryOptions({
    queryKey: ['job', id, 'explanation'],
    queryFn: ({ signal }) => call<ExplanationView>(`/jobs/${encodeURIComponent(id)}/explanation`, { signal }),
    select: ({ causes }: ExplanationView): readonly Cause[] =>
      causes.map(({ since, until, ...cause }) => ({ ...cause, since: toDate(since), until: toDate(until) })),
    refetchInterval: EXPLAIN_EVERY_MS,
  });
}

/** The jobs that a job enqueued. */
export function jobChildrenQuery(id: string) {
  const filter = formatFilter({ parentId: id });
  return queryOptions({
    queryKey: ['job', id, 'children'],
    async queryFn({ signal }) {
      const [page, counts] = await Promise.all([
        call<JobPageView>('/jobs', { query: { filter, limit: SHOWN_CHILDREN }, signal }),
        call<JobCountsView>('/jobs/count', { query: { filter }, signal }),
      ]);
      return { page, counts };
    },
    select: ({ page, counts }): JobChildren => ({ ...counts, filter, jobs: page.jobs.map(toJob) }),
    refetchInterval: CHILDREN_EVERY_MS,
  });
}

/** Payload or result as JSON text: its numbers have all their digits. */
export function jobBodyQuery(id: string, part: BodyPart) {
  return queryOptions({
    queryKey: ['job', id, 'body', part],
    queryFn: ({ signal }) => readText(`/jobs/${encodeURIComponent(id)}/${part}`, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

/** Pictures among the files of a job. */
export function jobPicturesQuery(id: string) {
  return queryOptions({
    queryKey: ['job', id, 'pictures'],
    queryFn: ({ signal }) => call<JobPicturesView>(`/jobs/${encodeURIComponent(id)}/pictures`, { signal }),
  });
}

/** Where a picture of a job is. @param key In blob storage. */
export function pictureAddress(id: string, key: string): string {
  return addressOf(`/jobs/${encodeURIComponent(id)}/picture`, { key });
}

function toJobDetails({ job, attempts, audit, undispatchedSince }: JobDetailsView): JobDetails {
  return {
    job: { ...job, ...toJob(job) },
    attempts: attempts.map(({ startedAt, endedAt, ...attempt }) => ({
      ...attempt,
      startedAt: toDate(startedAt),
      endedAt: toDate(endedAt),
    })),
    audit: audit.map(({ at, ...entry }) => ({ ...entry, at: new Date(at) })),
    undispatchedSince: toDate(undispatchedSince),
  };
}

function toDate(moment: string | undefined): Date | undefined {
  return moment === undefined ? undefined : new Date(moment);
}
