/** Most characters of a payload that a text is compared with. */
const MAX_CHARACTERS = 1_048_576;
/** Most values of a payload that a text is compared with. */
const MAX_VALUES = 50_000;

/** Words of which the messages of schema libraries are made: they tell nothing of a payload, whatever stands in it. */
const ORDINARY_WORDS = new Set(
  `a an and any array at be bigint boolean but characters date does element elements email empty equal exactly expected file fit
  format found greater has have in input integer invalid is it item items key keys large length less list long match matching max
  maximum min minimum missing more most must nan not null number object of one only option or pattern present received regex
  required short shorter size small starting string text than the to too type undefined union unknown unrecognized url uuid valid
  value values with was you least address blank control line mail without`.split(/\s+/),
);

/** Compares texts with what stands in one payload. */
export interface PayloadTexts {
  /** Whether `text` says anything that also stands in the payload: a value, or a part or a field name of it. */
  mayQuote(text: string): boolean;
}

/**
 * Reads the forms of a payload. Never throws.
 *
 * @param isDeclared Whether a field name is the schema's own: those tell nothing.
 */
export function readPayloadTexts(
  forms: readonly unknown[],
  isDeclared: (name: string) => boolean,
): PayloadTexts {
  const texts = new Texts(isDeclared);
  for (const form of new Set(forms)) texts.add(form);
  const known = new Map<string, boolean>();

  function isFree(word: string): boolean {
    const answer = known.get(word) ?? (ORDINARY_WORDS.has(word) || !texts.has(word));
    known.set(word, answer);
    return answer;
  }

  return {
    mayQuote(text) {
      const words = wordsOf(text);
      return !words.every(isFree) || texts.someValueIn(words);
    },
  };
}

/** All texts of a payload. Beyond the limits it counts as holding every word. */
class Texts {
  readonly #isDeclared: (name: string) => boolean;
  readonly #seen = new Set<unknown>();
  readonly #values: string[] = [];
  #characters = 0;
  #all: string | undefined;

  constructor(isDeclared: (name: string) => boolean) {
    this.#isDeclared = isDeclared;
  }

  add(root: unknown): void {
    const waiting = [root];
    while (waiting.length > 0 && !this.#isFull()) {
      const value = waiting.pop();
      if (typeof value !== 'object' || value === null) this.#addText(textOf(value));
      else if (!this.#seen.has(value)) {
        this.#seen.add(value);
        for (const part of this.#partsOf(value)) waiting.push(part);
      }
    }
  }

  /** Whether `word` stands in it, with or without what separates its letters and digits. */
  has(word: string): boolean {
    this.#all ??= this.#values.join('\n');
    return this.#isFull() || this.#all.includes(word);
  }

  /** Whether one of its values stands in a text of `words`: one or two letters only as a word of their own. */
  someValueIn(words: readonly string[]): boolean {
    const joined = words.join('');
    return this.#values.some((value) =>
      /^[a-z]{1,2}$/.test(value) ? words.includes(value) : joined.includes(value),
    );
  }

  #partsOf(value: object): readonly unknown[] {
    try {
      if (!Array.isArray(value))
        for (const name of Object.keys(value)) if (!this.#isDeclared(name)) this.#addText(name);
      return partsOf(value);
    } catch {
      // A getter throws: what cannot be read might be anything.
      this.#characters = Number.POSITIVE_INFINITY;
      return [];
    }
  }

  #addText(text: string): void {
    const words = wordsOf(text);
    this.#characters += text.length;
    if (words.length === 0) return;
    this.#values.push(words.join(''));
  }

  #isFull(): boolean {
    return this.#characters > MAX_CHARACTERS || this.#values.length > MAX_VALUES;
  }
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** What a value that holds no others is written as; nothing where its type tells all. */
function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}

function partsOf(value: object): readonly unknown[] {
  if (value instanceof Map) return [...value].flat();
  if (value instanceof Set) return [...value];
  if (value instanceof Date) return [String(value), Number.isNaN(value.getTime()) ? '' : value.toISOString()];
  return Object.values(value);
}
