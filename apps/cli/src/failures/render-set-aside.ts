import { toEventId, toMessageId } from '@leveret/control';
import type { KeptEvent, SetAsideMessage } from '@leveret/core';
import { COLUMN, indented } from '../ledger/failure.ts';
import { shortened, toLine, toLines, toMomentText } from '../ledger/words.ts';

/** A message that is set aside, for people: as it came. */
export function renderMessage(
  { seq, queue, reason, at, bodyBytes, properties, body }: SetAsideMessage,
  now: number,
): string {
  return [
    ...fields({ id: toMessageId(seq), queue, 'set aside': toMomentText(at, now), reason }),
    '',
    'properties',
    ...indented(toLines(JSON.stringify(JSON.parse(properties), undefined, 2))),
    '',
    `body of ${bodyBytes.toLocaleString('en')} bytes${body.length < bodyBytes ? `, cut at ${body.length.toLocaleString('en')}` : ''}`,
    ...indented(toLines(shortened(toBodyText(body)))),
  ].join('\n');
}

/** An event that cannot be applied, for people: as it came. */
export function renderEvent({ seq, reason, entry }: KeptEvent): string {
  const text = JSON.stringify(JSON.parse(entry), undefined, 2);
  return [...fields({ id: toEventId(seq), reason }), '', 'entry', ...indented(toLines(shortened(text)))].join(
    '\n',
  );
}

function fields(values: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(values).map(([name, value]) => `${name.padEnd(COLUMN)}${toLine(value)}`);
}

/** The text that the bytes are, or else base 64. */
function toBodyText(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return Buffer.from(body).toString('base64');
  }
}
