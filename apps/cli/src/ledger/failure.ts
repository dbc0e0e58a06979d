import type { Failure, FailureCause } from '@leveret/core';
import { toLine, toLines } from './words.ts';

/** Longer than every name of a field of a job or a failure. */
export const COLUMN = 12;

/** A failure for people: its codes, its message with the stack, and its causes. */
export function renderFailure({
  code,
  errorCode,
  name,
  message,
  stack,
  causes = [],
}: Failure): readonly string[] {
  return [
    `${'code'.padEnd(COLUMN)}${toLine(code)}`,
    ...(errorCode === undefined ? [] : [`${'error'.padEnd(COLUMN)}${toLine(errorCode)}`]),
    '',
    ...toLines(name === undefined ? message : `${name}: ${message}`),
    ...framesOf(stack),
    ...causes.flatMap(renderCause),
  ];
}

function renderCause({ name, message, code, stack }: FailureCause): readonly string[] {
  const title = code === undefined ? name : `${name} ${code}`;
  return [...toLines(`caused by ${title}: ${message}`), ...framesOf(stack)];
}

function framesOf(stack: string | undefined): readonly string[] {
  return stack === undefined ? [] : indented(toLines(stack));
}

/** Lines, indented under a heading. */
export function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => (line === '' ? line : `  ${line}`));
}
