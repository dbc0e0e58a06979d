import { childrenOf, type JsonValue, rootOf } from '../../../ui/json/json-text.ts';

/** An email that a payload describes. Texts are as the payload has them: redacted values are replaced. */
export interface Mail {
  /** Undefined when the payload leaves it to the worker. */
  readonly from: string | undefined;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly replyTo: string | undefined;
  readonly subject: string;
  readonly text: string | undefined;
  /** Source, to be shown as text. */
  readonly html: string | undefined;
}

/** Fields that are looked at: an email has fewer. */
const MAX_FIELDS = 50;
/** Addresses that are read of each field. */
const MAX_ADDRESSES = 100;

/**
 * The email that a payload describes: an object with `to`, `subject`, and `text` or `html`, the names that libraries for email use.
 * Undefined for any other payload. Only these fields are read, so that a large payload does not hold the page up.
 *
 * @param text JSON.
 */
export function mailOf(text: string): Mail | undefined {
  const root = rootOf(text);
  if (root.kind !== 'object') return undefined;
  const fields = new Map(childrenOf(text, root, MAX_FIELDS).map(({ name, value }) => [name, value]));
  const wordsOf = (name: string) => readText(text, fields.get(name));
  const listOf = (name: string) => readList(text, fields.get(name));
  const [subject, body, html, to] = [wordsOf('subject'), wordsOf('text'), wordsOf('html'), listOf('to')];
  if (subject === undefined || to.length === 0 || (body === undefined && html === undefined))
    return undefined;
  return {
    ...{ from: wordsOf('from'), to, cc: listOf('cc'), bcc: listOf('bcc'), replyTo: wordsOf('replyTo') },
    ...{ subject, text: body, html },
  };
}

function readText(text: string, value: JsonValue | undefined): string | undefined {
  return value?.kind === 'text' ? (JSON.parse(text.slice(value.start, value.end)) as string) : undefined;
}

/** One text, or a list of texts. */
function readList(text: string, value: JsonValue | undefined): readonly string[] {
  if (value?.kind !== 'list') return [readText(text, value)].filter((one) => one !== undefined);
  return childrenOf(text, value, MAX_ADDRESSES).flatMap((child) => readText(text, child.value) ?? []);
}
