import { type HistoryPolicy, type JobBodyPart, type JobState, keepsBody, redactText } from '@leveret/core';
import type { SqlConnection, SqlValue } from '../../file/libsql.ts';

/** Prepares to read payload and result of a job as JSON: see `JobReader` of the core. */
export function prepareBodyText(
  connection: SqlConnection,
): (id: string, part: JobBodyPart) => string | undefined {
  const prepare = (part: JobBodyPart) =>
    connection.prepare(
      `SELECT ${part}, redact, state, history FROM job LEFT JOIN job_body USING (id) WHERE job.id = ?`,
    );
  const find = { payload: prepare('payload'), result: prepare('result') };

  return (id, part) => {
    const row = find[part].get(id);
    if (row === undefined) return undefined;
    const [cell = null, redact, state, history] = row;
    const text =
      toJsonText(cell) ?? (part === 'result' && hasEmptyResult(state, history) ? 'null' : undefined);
    if (text === undefined || typeof redact !== 'string') return text;
    return redactText(text, JSON.parse(redact) as string[]);
  };
}

/** Payloads are kept as bytes, results as texts. */
function toJsonText(cell: SqlValue): string | undefined {
  if (cell instanceof Uint8Array) return new TextDecoder().decode(cell);
  return typeof cell === 'string' ? cell : undefined;
}

/** Of the result `null`, nothing is stored. */
function hasEmptyResult(state: SqlValue | undefined, history: SqlValue | undefined): boolean {
  const policy = typeof history === 'string' ? (history as HistoryPolicy) : undefined;
  return state === 'succeeded' && keepsBody(policy, state as JobState);
}
