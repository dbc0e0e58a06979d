import type { ErrorCode } from './error-codes.ts';
import {
  type Failure,
  type FailureCause,
  fitted,
  MAX_CAUSE_MESSAGE,
  MAX_CAUSE_STACK,
  MAX_CAUSES,
  MAX_FAILURE_MESSAGE,
  MAX_NAME,
  MAX_STACK,
  safeText,
} from './failure.ts';
import { readList, readProperty, readText } from './thrown.ts';

/** What a failure says besides code and message. */
type FailureDetails = Pick<Failure, 'name' | 'stack' | 'causes' | 'errorCode'>;

/** What `failure` says besides code and message, as JSON; undefined when that is nothing. A dead letter keeps it beside them. */
export function writeFailureDetails({ name, errorCode, stack, causes }: Failure): string | undefined {
  const text = JSON.stringify({ name, errorCode, stack, causes });
  return text === '{}' ? undefined : text;
}

/** What {@link writeFailureDetails} wrote, within the bounds of a failure. What cannot be read is passed over. */
export function readFailureDetails(text: unknown): FailureDetails {
  return detailsOf(parse(text));
}

/**
 * A failure that another process reports, within the bounds of one that is made here. What cannot be read of it is left out; undefined if it
 * has no code or no message. A code may be of a newer version.
 */
export function readFailure(value: unknown): Failure | undefined {
  const [code, message] = [readText(value, 'code'), readText(value, 'message')];
  if (code === undefined || code === '' || message === undefined) return undefined;
  return fitted({
    code: safeText(code, MAX_NAME) as ErrorCode,
    message: safeText(message, MAX_FAILURE_MESSAGE),
    ...detailsOf(value),
  });
}

function detailsOf(value: unknown): FailureDetails {
  const causes = readList(readProperty(value, 'causes'), MAX_CAUSES).flatMap(readCause);
  return {
    ...textAt(value, 'name', MAX_NAME),
    ...textAt(value, 'errorCode', MAX_NAME),
    ...textAt(value, 'stack', MAX_STACK),
    ...(causes.length === 0 ? {} : { causes }),
  };
}

function readCause(cause: unknown): readonly FailureCause[] {
  const [name, message] = [readText(cause, 'name'), readText(cause, 'message')];
  if (name === undefined || message === undefined) return [];
  return [
    {
      name: safeText(name, MAX_NAME),
      message: safeText(message, MAX_CAUSE_MESSAGE),
      ...textAt(cause, 'stack', MAX_CAUSE_STACK),
      ...textAt(cause, 'code', MAX_NAME),
    },
  ];
}

function textAt<Name extends string>(
  value: unknown,
  name: Name,
  limit: number,
): Partial<Record<Name, string>> {
  const text = readText(value, name);
  return text === undefined ? {} : ({ [name]: safeText(text, limit) } as Record<Name, string>);
}

function parse(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}
