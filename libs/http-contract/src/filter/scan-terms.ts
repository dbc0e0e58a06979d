import { LeveretError } from '@leveret/core';

/** Longest filter, in characters (UTF-16 units). */
export const MAX_FILTER_LENGTH = 2_000;
/** Most terms of a filter. */
export const MAX_FILTER_TERMS = 32;
/** Most characters of a term that an error message quotes. */
const MAX_QUOTED = 60;

/** A term as it is written. */
export interface Term {
  /** The whole term. */
  readonly text: string;
  /** Where it begins, counted from 0. */
  readonly position: number;
  /** What is before the first colon; undefined for a word without one. */
  readonly name: string | undefined;
  /** What is after it, without quotation marks. */
  readonly value: string;
}

/** An optional name, then a value in quotation marks or without any. White space or the end must follow. */
const TERM = /(?:([^\s:"]+):)?(?:"((?:[^"\\]|\\["\\])*)"|([^\s"]*))(?!\S)/y;

/**
 * Splits a filter at white space outside of quotation marks.
 * @throws {LeveretError} `FILTER_INVALID` when it is too long, has too many terms, or a quotation mark is in the wrong place.
 */
export function scanTerms(text: string): readonly Term[] {
  if (text.length > MAX_FILTER_LENGTH)
    throw new LeveretError(
      'FILTER_INVALID',
      `the filter has ${text.length} characters: expected at most ${MAX_FILTER_LENGTH}`,
      { details: { limit: MAX_FILTER_LENGTH } },
    );
  const terms: Term[] = [];
  for (const { index: position, 0: word } of text.matchAll(/\S+/g)) {
    const before = terms.at(-1);
    // Part of the quoted value of the term before.
    if (before !== undefined && position < before.position + before.text.length) continue;
    if (terms.length === MAX_FILTER_TERMS)
      throw termFault(
        { text: word, position },
        `is one too many: expected at most ${MAX_FILTER_TERMS} terms`,
      );
    terms.push(scanTerm(text, word, position));
  }
  return terms;
}

function scanTerm(text: string, word: string, position: number): Term {
  TERM.lastIndex = position;
  const match = TERM.exec(text);
  if (match === null)
    throw termFault(
      { text: word, position },
      String.raw`has a quotation mark in the wrong place: expected name:"value", with \" for a quotation mark and \\ for a backslash in it`,
    );
  const [whole, name, quoted, bare] = match;
  return {
    text: whole,
    position,
    name,
    value: quoted === undefined ? (bare ?? '') : quoted.replace(/\\(.)/g, '$1'),
  };
}

/**
 * The error for a term that is wrong.
 * @param words Follow the quoted term: what is wrong, and what is expected.
 */
export function termFault({ text, position }: Pick<Term, 'text' | 'position'>, words: string): LeveretError {
  const short = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED - 1)}…` : text;
  const quoted = short.replace(/[\p{Cc}\p{Surrogate}]/gu, '\uFFFD');
  return new LeveretError('FILTER_INVALID', `"${quoted}" ${words}`, { details: { position } });
}
