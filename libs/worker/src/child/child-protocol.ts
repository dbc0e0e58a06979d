import type {
  AttemptResult,
  ChildOptions,
  ErrorCode,
  Failure,
  HistoryPolicy,
  JobInfo,
  JobPriority,
  LogFields,
  LogLevel,
  ProgressReport,
  RetryPolicy,
} from '@leveret/core';
import type { HandlerReference } from '../handler/load-handler.ts';

/** The light part of a definition: what the parent needs to enqueue a payload that the child has validated. */
export interface DefinitionReference {
  readonly kind: string;
  readonly queue: string;
  readonly retry: RetryPolicy;
  readonly priority: JobPriority;
  readonly tags: readonly string[];
  readonly timeoutMs: number;
  readonly history: HistoryPolicy;
  readonly redact: readonly string[];
}

/** What a parent tells its child. */
export type ToChild =
  /** Loads a handler: always before its first run. */
  | { readonly type: 'load'; readonly handler: HandlerReference }
  | {
      readonly type: 'run';
      /** Counted by the parent. What the child tells about a run carries its number, however late it is told. */
      readonly run: number;
      readonly handler: HandlerReference;
      readonly job: JobInfo;
      readonly payload: unknown;
    }
  /** `code` and `message` are those of the reason of the handler's abort signal. */
  | { readonly type: 'abort'; readonly run: number; readonly code: ErrorCode; readonly message: string }
  | { readonly type: 'enqueued'; readonly call: number; readonly id: string }
  | {
      readonly type: 'enqueue-failed';
      readonly call: number;
      readonly code: ErrorCode;
      readonly message: string;
    };

/** What a child tells its parent about one run. */
export type ChildNews =
  | { readonly type: 'ended'; readonly result: AttemptResult; readonly rssBytes: number }
  | { readonly type: 'progress'; readonly report: ProgressReport }
  | { readonly type: 'log'; readonly level: LogLevel; readonly fields: LogFields; readonly message: string }
  | {
      readonly type: 'enqueue';
      readonly call: number;
      readonly definition: DefinitionReference;
      readonly payload: unknown;
      readonly options: ChildOptions;
    };

/** What a child tells its parent. */
export type FromChild =
  | (ChildNews & { readonly run: number })
  /** The handler is loaded, or cannot be. */
  | { readonly type: 'loaded'; readonly failure?: Failure };
