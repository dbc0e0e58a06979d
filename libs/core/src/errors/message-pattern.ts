import { endOfJson, endOfQuoted, isJsonAt, QUOTES } from './enclosed-values.ts';
import { MAX_FAILURE_MESSAGE } from './failure.ts';
import {
  announcesValue,
  isCode,
  isDateWord,
  isProperty,
  isUnit,
  isValueWord,
  MARK_LENGTH,
  singular,
} from './value-words.ts';

/** Written in place of every value. */
const VALUE = '*';
/** What may stand between values that count as one: the parts of a date, of an address with a port, of a list. */
const BETWEEN_VALUES = /^[ ,.:;&|/-]{0,3}$/;

// Sticky: each is tried at one place. None has two ways to read the same characters but for a bounded number of them, so all take time in
// proportion to what they read.
const WORD = /\w+(?:[-.+%~@'&/*$]+\w+)*/y;
const URL_WORD = /(?:[A-Za-z][\w+.-]{0,20}:\/\/|arn:)[^\s"'`<>]+/y;
const PATH = /(?:\.{1,2}|~|[A-Za-z]:)?[\\/][^\s"'`<>,;()|]+/y;
const IPV6 =
  /(?=[\da-f:.]{0,45}::|(?:[\da-f]{1,4}:){5})[\da-f:.]{0,50}[\da-f](?:::)?(?:%\w+)?(?![\w-])|::(?!\w)/iy;
const BRACKETED_IPV6 = /\[[\da-f:.]{2,45}(?:%\w+)?\]/iy;
const MAIL_ADDRESS = /<[^\s<>]{1,320}@[^\s<>]{1,255}>/y;
const STARS = /\*+/y;
const FOREIGN_DIGITS = /\p{Nd}+/uy;
/** The codes of a reply of a mail server: they say what happened, as words do. */
const SMTP_CODES = /[245]\d\d[ -][245]\.\d{1,3}\.\d{1,3}(?!\w|\.\d)/y;
const DATE_AHEAD = /,? (?:[A-Z][a-z]{2,8} )?\d/y;

/** What may follow a URL or a path without being part of it. */
const PUNCTUATION = '.,:;!?)}';
const WORD_START = /\w/;
const SPACE = /\s/;
const LETTER_OR_DIGIT = /[\w\u00c0-\u024f]/;
/** The sign of a number, and spaces that fill a column. */
const BEFORE_NUMBER = /(?<=^|[ ([=:,])[-+]$|(?<==) $/;

/**
 * A message without its values, each of which is written `*`: numbers with their units, ids, dates, addresses, URLs, paths, quoted texts and JSON.
 * Messages of one pattern say the same of different things. Never throws; at most {@link MAX_FAILURE_MESSAGE} characters are looked at, each a
 * bounded number of times.
 *
 * @param limit Longest pattern, in characters.
 */
export function toMessagePattern(message: string, limit: number): string {
  const isCut = message.length > MAX_FAILURE_MESSAGE || message.endsWith('…');
  const text = withoutInput(message.slice(0, MAX_FAILURE_MESSAGE));
  return withoutRepeats(new PatternReader(text, isCut).read(), isCut).slice(0, limit);
}

/** What `JSON.parse` and assertions show of their input is neither quoted well nor always there. */
function withoutInput(text: string): string {
  if (text.startsWith('Expected values to be ')) return text.split(':', 1)[0] ?? '';
  const short = text.includes(' in JSON at ') ? text.replace(/ \(line \d+ column \d+\)/, '') : text;
  const from = short.indexOf("Unexpected token '");
  const to = from < 0 ? -1 : short.indexOf(' is not valid JSON', from);
  return to < 0 ? short : `${short.slice(0, from)}Unexpected token${short.slice(to)}`;
}

/** A mail server may say the same of each of many recipients. */
function withoutRepeats(pattern: string, isCut: boolean): string {
  const parts = pattern.split('; ');
  if (isCut && parts.length > 1) parts.pop();
  return [...new Set(parts)].join('; ');
}

/** Reads a message from its begin to its end. */
class PatternReader {
  readonly #text: string;
  readonly #isCut: boolean;
  readonly #mayHoldUrl: boolean;
  readonly #mayHoldIpv6: boolean;
  /** Opening marks without a closing one from here on. */
  readonly #unclosed = new Set<string>();
  #at = 0;
  /** Where the last value ended. */
  #valueEnd = 0;
  /** The pattern up to the last value, and what follows it. */
  #pattern = '';
  #rest = '';
  /** What was written last. */
  #last = '';

  /** @param isCut Whether the end of the message is missing. */
  constructor(text: string, isCut: boolean) {
    this.#text = text;
    this.#isCut = isCut;
    this.#mayHoldUrl = text.includes('://') || text.includes('arn:');
    this.#mayHoldIpv6 = /::|(?::[\da-f]{1,4}){5}/i.test(text);
  }

  read(): string {
    while (this.#at < this.#text.length) {
      const char = this.#text.charAt(this.#at);
      if (WORD_START.test(char)) this.#readWord(char);
      else if (char === ' ' || !this.#readValue(char)) this.#copy(char);
    }
    return (this.#pattern + this.#rest).trim();
  }

  #readWord(start: string): void {
    if (this.#mayHoldUrl && this.#skip(URL_WORD, PUNCTUATION)) return;
    if (this.#mayHoldIpv6 && this.#skip(IPV6)) return;
    if (this.#text[this.#at + 1] === ':' && this.#skip(PATH, PUNCTUATION)) return;
    const codes = start <= '9' ? this.#match(SMTP_CODES) : undefined;
    const word = codes ?? this.#match(WORD) ?? '';
    const isValue = codes === undefined && this.#isValue(word);
    this.#at += word.length;
    if (isValue) this.#addValue();
    else if (!this.#isAfterValue()) this.#write(word);
    else if (isUnit(word)) this.#endValue();
    else this.#write(singular(word));
  }

  #isValue(word: string): boolean {
    if (isValueWord(word)) return !isCode(word, this.#before());
    if (announcesValue(this.#before())) return true;
    return isDateWord(word) && (this.#isAfterValue() || this.#match(DATE_AHEAD, word.length) !== undefined);
  }

  /** The text before this place, as far as it is after the last value. */
  #before(): string {
    return this.#text.slice(Math.max(this.#valueEnd, this.#at - MARK_LENGTH), this.#at);
  }

  /** Whether a value ends directly before this place, or a space before it. */
  #isAfterValue(): boolean {
    return this.#pattern !== '' && (this.#rest === '' || this.#rest === ' ');
  }

  /** Whether this place follows a letter or a digit. */
  #isInWord(): boolean {
    return this.#at > 0 && LETTER_OR_DIGIT.test(this.#text.charAt(this.#at - 1));
  }

  /** Reads what is a value by its first character. */
  #readValue(char: string): boolean {
    if (Object.hasOwn(QUOTES, char)) return this.#readQuoted(char);
    switch (char) {
      case '{':
      case '[':
        return (this.#mayHoldIpv6 && this.#skip(BRACKETED_IPV6)) || this.#readJson();
      case '<':
        return this.#skip(MAIL_ADDRESS);
      case '*':
        return this.#skip(STARS);
      case ':':
        return this.#mayHoldIpv6 && !this.#isInWord() && this.#skip(IPV6);
      case '/':
      case '\\':
      case '.':
      case '~':
        return !this.#isInWord() && this.#skip(PATH, PUNCTUATION);
      default:
        return char > '\u007f' && this.#skip(FOREIGN_DIGITS);
    }
  }

  #readQuoted(mark: string): boolean {
    // An apostrophe is no quote.
    if (mark === "'" && this.#isInWord()) return false;
    const end = this.#unclosed.has(mark) ? -1 : endOfQuoted(this.#text, this.#at);
    if (end < 0) return this.#skipUnclosed(mark);
    const quoted = this.#text.slice(this.#at + 1, end - 1);
    if (!isProperty(quoted, this.#before())) return this.#skipTo(end);
    this.#write(quoted);
    this.#at = end;
    return true;
  }

  #readJson(): boolean {
    if (this.#unclosed.has('{') || !isJsonAt(this.#text, this.#at)) return false;
    const end = endOfJson(this.#text, this.#at);
    return end < 0 ? this.#skipUnclosed('{') : this.#skipTo(end);
  }

  /** What does not end goes on where the message was cut. It is searched for once, so that many marks take no longer than one. */
  #skipUnclosed(mark: string): boolean {
    this.#unclosed.add(mark);
    return this.#isCut && this.#skipTo(this.#text.length);
  }

  /** What matches at this place, or so many characters further on. */
  #match(what: RegExp, ahead = 0): string | undefined {
    what.lastIndex = this.#at + ahead;
    return what.test(this.#text) ? this.#text.slice(this.#at + ahead, what.lastIndex) : undefined;
  }

  /** Takes what matches here as a value, without the punctuation at its end. */
  #skip(what: RegExp, punctuation = ''): boolean {
    const value = this.#match(what);
    if (value === undefined) return false;
    let length = value.length;
    while (length > 1 && punctuation.includes(value.charAt(length - 1))) length -= 1;
    return this.#skipTo(this.#at + length);
  }

  #skipTo(end: number): true {
    this.#at = end;
    this.#addValue();
    return true;
  }

  #addValue(): void {
    const rest = this.#rest.replace(BEFORE_NUMBER, '');
    const goesOn = this.#pattern !== '' && BETWEEN_VALUES.test(rest);
    if (!goesOn) this.#pattern += rest + VALUE;
    this.#endValue();
  }

  #endValue(): void {
    this.#rest = '';
    this.#last = VALUE;
    this.#valueEnd = this.#at;
  }

  /** Copies punctuation and letters of other scripts: a repeated one once, and nothing of the padding of base64. */
  #copy(char: string): void {
    this.#at += 1;
    const written = SPACE.test(char) ? ' ' : char;
    const isPadding = char === '=' && this.#rest === '' && this.#pattern !== '';
    if (!isPadding && (written !== this.#last || char > '\u007f')) this.#write(written);
  }

  #write(text: string): void {
    this.#rest += text;
    this.#last = text;
  }
}
