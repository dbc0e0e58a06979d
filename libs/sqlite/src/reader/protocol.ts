import type {
  ErrorCode,
  FailureGroup,
  FailureTrends,
  FilteredCount,
  JobBodyPart,
  JobChanges,
  JobCount,
  JobDetails,
  JobFilter,
  JobListRequest,
  JobLogLine,
  JobPage,
  JobSummary,
  KeptEvent,
  LeveretError,
  NewestAttempt,
  OldestWaiting,
  Rates,
  RatesRequest,
  RecordingLag,
  SetAsideCounts,
  SetAsideMessage,
  SetAsideSummary,
  UnawareWorker,
  UnroutableEntry,
} from '@leveret/core';

/** What a reader is asked. */
export type Question =
  | { readonly kind: 'get' | 'unroutable-of' | 'blob-keys'; readonly id: string }
  | { readonly kind: 'body-text'; readonly id: string; readonly part: JobBodyPart }
  | { readonly kind: 'newest-attempts'; readonly ids: readonly string[] }
  | { readonly kind: 'log-lines'; readonly id: string }
  | { readonly kind: 'list'; readonly request: JobListRequest }
  | { readonly kind: 'summaries'; readonly ids: readonly string[] }
  | { readonly kind: 'count'; readonly filter: JobFilter }
  | { readonly kind: 'failure-groups'; readonly limit: number }
  | { readonly kind: 'failure-group'; readonly fingerprint: string }
  | { readonly kind: 'counts' }
  | { readonly kind: 'tags'; readonly prefix: string; readonly limit: number }
  | { readonly kind: 'lag' }
  | { readonly kind: 'unaware-workers'; readonly queue: string; readonly since: number }
  | {
      readonly kind: 'set-aside-messages' | 'unapplied-events';
      readonly afterSeq: number;
      readonly limit: number;
    }
  | { readonly kind: 'set-aside-message' | 'unapplied-event'; readonly seq: number }
  | { readonly kind: 'set-aside-counts' }
  | { readonly kind: 'rates'; readonly request: RatesRequest }
  | { readonly kind: 'changes'; readonly afterNumber: number; readonly limit: number }
  | { readonly kind: 'oldest-waiting'; readonly now: number }
  | { readonly kind: 'failure-trends'; readonly fingerprints: readonly string[]; readonly now: number };

/** What each question is answered with. */
export interface Answers {
  readonly get: JobDetails | undefined;
  readonly 'body-text': string | undefined;
  readonly 'blob-keys': readonly string[];
  readonly 'newest-attempts': readonly NewestAttempt[];
  readonly 'log-lines': readonly JobLogLine[];
  readonly list: JobPage;
  readonly summaries: readonly JobSummary[];
  readonly count: FilteredCount;
  readonly 'failure-groups': readonly FailureGroup[];
  readonly 'failure-group': FailureGroup | undefined;
  readonly counts: readonly JobCount[];
  readonly tags: readonly string[];
  readonly lag: RecordingLag;
  readonly 'unaware-workers': readonly UnawareWorker[];
  readonly 'set-aside-messages': readonly SetAsideSummary[];
  readonly 'set-aside-message': SetAsideMessage | undefined;
  readonly 'unapplied-events': readonly KeptEvent[];
  readonly 'unapplied-event': KeptEvent | undefined;
  readonly 'set-aside-counts': SetAsideCounts;
  readonly 'unroutable-of': UnroutableEntry | undefined;
  readonly rates: Rates;
  readonly changes: JobChanges;
  readonly 'oldest-waiting': readonly OldestWaiting[];
  readonly 'failure-trends': FailureTrends;
}

/** What the thread is started with. */
export interface ReaderData {
  readonly file: string;
}

/** To the thread. */
export type ToReader =
  | { readonly type: 'ask'; readonly number: number; readonly question: Question }
  | { readonly type: 'close' };

/** From the thread. */
export type FromReader =
  | { readonly type: 'open' }
  | { readonly type: 'answer'; readonly number: number; readonly answer: unknown }
  | ReaderFailure;

/** `number` is absent when the file cannot be opened. */
export interface ReaderFailure {
  readonly type: 'failed';
  readonly number?: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: LeveretError['details'];
}
