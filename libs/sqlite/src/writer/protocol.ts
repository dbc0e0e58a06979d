import type { ErrorCode } from '@leveret/core';
import type { ClockReading } from '../file/clock-operations.ts';
import type { OperationName } from '../operations/operations.ts';

/** One requested operation. A list: objects cost twice as much to send to another thread. */
export type Call = readonly [number: number, operation: OperationName, args: readonly unknown[]];

/** Messages to the writer thread. */
export type ToWriter =
  | { readonly type: 'calls'; readonly calls: readonly Call[] }
  | { readonly type: 'close' };

/** Why an operation was not done. */
export interface CallFailure {
  readonly code: ErrorCode;
  readonly message: string;
  /** Whether the file is to blame, so that other operations fail too. */
  readonly isFileFault: boolean;
}

/** How one operation went. It is durable when it went well. */
export type Reply = { readonly call: number; readonly ok: true; readonly value: unknown } | FailedReply;

/** An operation that was not done. */
export type FailedReply = { readonly call: number; readonly ok: false } & CallFailure;

/** Messages from the writer thread. */
export type FromWriter =
  | { readonly type: 'open'; readonly clock: ClockReading }
  | ({ readonly type: 'failed' } & CallFailure)
  /** Why no new jobs are stored from now on; undefined when they are again. */
  | { readonly type: 'shortage'; readonly reason: string | undefined }
  | {
      readonly type: 'replies';
      /** Successful operations without a value. */
      readonly done: readonly number[];
      /** Successful operations, each followed by its value. A list: objects cost twice as much to send to another thread. */
      readonly values: readonly unknown[];
      readonly failures: readonly FailedReply[];
      /** Whether something was written: then the file can be used. */
      readonly wrote: boolean;
    };

/** What the writer thread is started with. */
export interface WriterData {
  readonly file: string;
  readonly bellFile: string;
  /** How long a call waits while another process writes, in milliseconds. */
  readonly busyTimeoutMs: number;
}
