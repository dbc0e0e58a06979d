import type { JobReader, RecordingLag } from '@leveret/core';
import type { Terminal } from '../control/terminal.ts';

/** From so far behind on, in milliseconds, people are told. */
const TOLD_FROM_MS = 1_000;

/** How an answer tells that the ledger may be behind. */
export interface LagTelling {
  readonly terminal: Pick<Terminal, 'say'>;
  /** Whether the answer is JSON, which has the lag. */
  readonly json: boolean;
}

/**
 * How far the ledger may be behind. Asked for before anything else: then it holds for the answers. People are told on standard error if it is more than
 * a second, or not known.
 *
 * @throws {LeveretError} `STORE_UNAVAILABLE`.
 */
export async function tellLag(reader: JobReader, { terminal, json }: LagTelling): Promise<RecordingLag> {
  const lag = await reader.lag();
  const words = wordsOf(lag);
  if (words !== undefined && !json) terminal.say(words);
  return lag;
}

function wordsOf({ behindMs, isReported }: RecordingLag): string | undefined {
  if (behindMs === undefined)
    return 'It is not known whether the ledger is behind: no recorder has reported. API processes run one.';
  if (behindMs <= TOLD_FROM_MS) return undefined;
  const words = `The ledger may be up to ${Math.ceil(behindMs / 1_000).toLocaleString('en')} s behind`;
  return isReported
    ? `${words}.`
    : `${words}: no recorder reports. Start an API process, or check the broker.`;
}
