import type { ErrorCode } from '@leveret/core';
import type { OperationName } from './operations.ts';

/** One operation that the main thread asks for. */
export interface Call {
  readonly call: number;
  readonly operation: OperationName;
  readonly args: readonly unknown[];
}

/** What the main thread tells the writer thread. */
export type ToWriter =
  | { readonly type: 'calls'; readonly calls: readonly Call[] }
  | { readonly type: 'close' };

/** How one operation went. It is durable when it went well. */
export type Reply =
  | { readonly call: number; readonly ok: true; readonly value: unknown }
  | { readonly call: number; readonly ok: false; readonly code: ErrorCode; readonly message: string };

/** What the writer thread tells the main thread. */
export type FromWriter =
  | { readonly type: 'open'; readonly claimant: number }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string }
  | { readonly type: 'replies'; readonly replies: readonly Reply[] };

/** What the writer thread is started with. */
export interface WriterData {
  readonly file: string;
  readonly bellFile: string;
  /** How long to go on trying while another process writes, in milliseconds. */
  readonly busyTimeoutMs: number;
}
