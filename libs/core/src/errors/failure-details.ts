import type { Failure, FailureCause } from './failure.ts';
import { readList, readProperty, readText } from './thrown.ts';

/** What a failure says besides code and message. */
type FailureDetails = Pick<Failure, 'name' | 'stack' | 'causes' | 'errorCode'>;

/** What `failure` says besides code and message, as JSON; undefined when that is nothing. A dead letter keeps it beside them. */
export function writeFailureDetails({ name, errorCode, stack, causes }: Failure): string | undefined {
  const text = JSON.stringify({ name, errorCode, stack, causes });
  return text === '{}' ? undefined : text;
}

/** What {@link writeFailureDetails} wrote. What cannot be read is passed over. */
export function readFailureDetails(text: unknown): FailureDetails {
  const details = parse(text);
  const causes = readList(readProperty(details, 'causes'), Number.POSITIVE_INFINITY).flatMap(toCause);
  return {
    ...textAt(details, 'name'),
    ...textAt(details, 'errorCode'),
    ...textAt(details, 'stack'),
    ...(causes.length === 0 ? {} : { causes }),
  };
}

function toCause(cause: unknown): readonly FailureCause[] {
  const [name, message] = [readText(cause, 'name'), readText(cause, 'message')];
  if (name === undefined || message === undefined) return [];
  return [{ name, message, ...textAt(cause, 'stack'), ...textAt(cause, 'code') }];
}

function textAt<Name extends string>(value: unknown, name: Name): Partial<Record<Name, string>> {
  const text = readText(value, name);
  return text === undefined ? {} : ({ [name]: text } as Record<Name, string>);
}

function parse(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}
