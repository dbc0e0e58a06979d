import type { JobLogLine } from '@leveret/core';
import { toLine } from '../ledger/words.ts';

/** Lines that are shown. */
const SHOWN_LINES = 20;

/** The newest lines that a job's handlers logged, for people: time, level, attempt, message and fields. */
export function renderLog(lines: readonly JobLogLine[]): readonly string[] {
  const earlierCount = lines.length - SHOWN_LINES;
  return [
    ...(earlierCount > 0 ? [`(${earlierCount} earlier lines; --json prints all)`] : []),
    ...lines.slice(-SHOWN_LINES).map(renderLine),
  ];
}

function renderLine({ at, level, attempt, message, fields = {} }: JobLogLine): string {
  const named = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const head = [new Date(at).toISOString(), level.padEnd(5), `attempt ${attempt}:`];
  return toLine([...head, message, ...named].join(' '));
}
