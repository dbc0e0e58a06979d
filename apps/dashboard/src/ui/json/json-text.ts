/** What a value is. */
export type JsonKind = 'object' | 'list' | 'text' | 'number' | 'word';

/** A value in JSON text: it is read only as far as it is shown, and its numbers keep all their digits. */
export interface JsonValue {
  readonly kind: JsonKind;
  /** Where it begins in the text. */
  readonly start: number;
  /** Where it ends in the text. */
  readonly end: number;
}

/** A field of an object, or an item of a list. */
export interface JsonChild {
  /** Undefined in a list. */
  readonly name: string | undefined;
  readonly value: JsonValue;
}

/** The whole value of a text. @param text JSON. */
export function rootOf(text: string): JsonValue {
  const start = skipSpace(text, 0);
  return { kind: kindAt(text, start), start, end: endOfValue(text, start) };
}

/**
 * The first children of an object or a list.
 *
 * @param limit At most so many, so that a long list is not read to its end.
 */
export function childrenOf(
  text: string,
  { kind, start, end }: JsonValue,
  limit: number,
): readonly JsonChild[] {
  const children: JsonChild[] = [];
  let at = skipSpace(text, start + 1);
  while (at < end - 1 && children.length < limit) {
    let name: string | undefined;
    if (kind === 'object') {
      const nameEnd = endOfText(text, at);
      name = JSON.parse(text.slice(at, nameEnd)) as string;
      at = skipSpace(text, skipSpace(text, nameEnd) + 1);
    }
    const valueEnd = endOfValue(text, at);
    children.push({ name, value: { kind: kindAt(text, at), start: at, end: valueEnd } });
    at = skipSpace(text, valueEnd);
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return children;
}

/** Whether a value has parts that can be unfolded. */
export function isContainer({ kind }: JsonValue): boolean {
  return kind === 'object' || kind === 'list';
}

function kindAt(text: string, at: number): JsonKind {
  const character = text[at] ?? '';
  if (character === '{') return 'object';
  if (character === '[') return 'list';
  if (character === '"') return 'text';
  return /[-\d]/.test(character) ? 'number' : 'word';
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \n\r\t'.includes(text[at] ?? '')) at += 1;
  return at;
}

function endOfValue(text: string, start: number): number {
  const character = text[start];
  if (character === '"') return endOfText(text, start);
  if (character === '{' || character === '[') return endOfContainer(text, start);
  let at = start;
  while (at < text.length && !',]} \n\r\t'.includes(text[at] ?? '')) at += 1;
  return at;
}

function endOfContainer(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') at = endOfText(text, at) - 1;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}

function endOfText(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\\') at += 1;
    else if (character === '"') return at + 1;
  }
  return text.length;
}
