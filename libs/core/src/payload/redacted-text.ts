import { endOfString } from '../json/json-text.ts';
import { REDACTED } from './redaction.ts';

/** Steps of a redacted path that are left to go. */
type Steps = readonly string[];

/** A list or an object that is being read. */
interface Container {
  readonly isList: boolean;
  /** What is left of the paths that lead into it. */
  readonly paths: readonly Steps[];
  /** Of a list: the place of the item at hand. */
  index: number;
  /** Of an object: whether the next text is the name of a field. */
  isNameNext: boolean;
}

/**
 * `text` with the values at `paths` replaced as `redactJob` does. All else stays as it is written, so that numbers keep all their digits.
 * @param text JSON.
 */
export function redactText(text: string, paths: readonly string[]): string {
  const kept: string[] = [];
  const open: Container[] = [];
  let copied = 0;
  let at = 0;
  /** What is left of the paths to the value that comes next. */
  let live: readonly Steps[] = paths.map((path) => path.split('.'));

  /** Reads from `at` on: a name, or a value that is not replaced. Returns where it ends, or where its first part begins. */
  function read(character: string): number {
    const container = open.at(-1);
    if (character === '"' && container?.isNameNext === true) {
      const end = endOfString(text, at);
      container.isNameNext = false;
      live = stepInto(container.paths, JSON.parse(text.slice(at, end)) as string);
      return end;
    }
    if (live.length === 0 || (character !== '{' && character !== '[')) return endOfValue(text, at);
    const isList = character === '[';
    open.push({ isList, paths: live, index: 0, isNameNext: !isList });
    if (isList) live = stepInto(live, '0');
    return at + 1;
  }

  function next(): void {
    const container = open.at(-1);
    if (container === undefined) return;
    container.index += 1;
    container.isNameNext = !container.isList;
    if (container.isList) live = stepInto(container.paths, String(container.index));
  }

  while (at < text.length) {
    const character = text[at] ?? '';
    const isName = character === '"' && open.at(-1)?.isNameNext === true;
    if (character === ',') next();
    else if (character === '}' || character === ']') open.pop();
    else if (!isName && !BETWEEN.has(character) && live.some(({ length }) => length === 0)) {
      kept.push(text.slice(copied, at), JSON.stringify(REDACTED));
      at = endOfValue(text, at);
      copied = at;
      continue;
    } else if (!BETWEEN.has(character)) {
      at = read(character);
      continue;
    }
    at += 1;
  }
  return kept.join('') + text.slice(copied);
}

/** What stands between values. */
const BETWEEN: ReadonlySet<string> = new Set([' ', '\t', '\n', '\r', ':']);

function stepInto(paths: readonly Steps[], name: string): readonly Steps[] {
  return paths.filter(([step]) => step === '*' || step === name).map(([, ...rest]) => rest);
}

/** Where the value that begins at `start` ends. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  let at = start;
  do {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if (character === '{' || character === '[') [at, depth] = [at + 1, depth + 1];
    else if (character === '}' || character === ']') [at, depth] = [at + 1, depth - 1];
    else at = depth === 0 ? endOfWord(text, at) : at + 1;
  } while (depth > 0 && at < text.length);
  return at;
}

/** Where the number, `true`, `false` or `null` ends that begins at `start`. */
function endOfWord(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && !',]} \t\n\r'.includes(text[at] ?? '')) at += 1;
  return at;
}
