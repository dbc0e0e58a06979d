import { type JobState, LeveretError } from '@leveret/core';
import { type FilterTermName, formatFilter, parseFilter, scanTerms } from '@leveret/http-contract/filter';
import type { JobOrder } from '../../api/jobs.ts';

/** What is wrong with a filter. */
export interface FilterFault {
  readonly message: string;
  /** Where the term begins that is wrong, counted from 0; undefined for the whole text. */
  readonly position: number | undefined;
}

/** What is wrong with a filter; undefined when it can be used. */
export function faultOf(text: string, now: number): FilterFault | undefined {
  try {
    parseFilter(text, now);
    return undefined;
  } catch (error) {
    if (!(error instanceof LeveretError)) throw error;
    const { position } = error.details;
    return { message: error.message, position: typeof position === 'number' ? position : undefined };
  }
}

/** The terms of a filter as they are written; undefined when it cannot be split. */
export function termsOf(text: string): readonly string[] | undefined {
  try {
    return scanTerms(text).map((term) => term.text);
  } catch {
    return undefined;
  }
}

/** The states that a filter selects; undefined for all of them, and for a filter that is wrong. */
export function statesOf(text: string, now: number): readonly JobState[] | undefined {
  return faultOf(text, now) === undefined ? parseFilter(text, now).states : undefined;
}

/** `text` with this state selected, or not any more when it was. Other terms stay as they are written. */
export function withStateToggled(text: string, state: JobState, now: number): string {
  const before = statesOf(text, now) ?? [];
  const states = before.includes(state) ? before.filter((other) => other !== state) : [...before, state];
  const others = withoutStates(text);
  return [...(states.length === 0 ? [] : [`state:${states.join(',')}`]), others].join(' ').trim();
}

/** `text` without its terms on states. */
export function withoutStates(text: string): string {
  return withoutTerm(text, 'state');
}

/**
 * `text` for a list that begins at a moment: with the jobs last updated before it or, where the oldest come first, from it on.
 * It replaces other terms on updates.
 */
export function withStart(text: string, moment: Date, order: JobOrder): string {
  const at = moment.getTime();
  const term = formatFilter({ updated: order === 'newest-first' ? { to: at } : { from: at } });
  return [withoutTerm(text, 'updated'), term].join(' ').trim();
}

function withoutTerm(text: string, name: FilterTermName): string {
  return (termsOf(text) ?? []).filter((term) => !term.startsWith(`${name}:`)).join(' ');
}
