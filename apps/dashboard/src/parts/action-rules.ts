import { CONTROL_ACTIONS, type ControlAction, type JobState } from '@leveret/core';
import type { AdminVerb } from '@leveret/http-contract/admin';
import { verbOfAction } from '@leveret/http-contract/verbs';
import { lackWords } from '../format/lack-words.ts';
import { STATE_WORDS } from '../ui/text/glyph.tsx';
import { ACTION_WORDS } from './action-words.ts';

/**
 * Why an action is not possible; undefined when it is.
 *
 * @param states Of the jobs that it is for. Jobs in other states are skipped, so one job that fits is enough.
 * @param verbs What who acts may do.
 */
export function whyNotPossible(
  action: ControlAction,
  states: readonly JobState[],
  verbs: readonly AdminVerb[],
): string | undefined {
  const { from } = CONTROL_ACTIONS[action];
  const fitting = states.filter((state) => from.includes(state));
  const { verb } = ACTION_WORDS[action];
  if (fitting.length === 0)
    return `${verb} is for jobs that are ${from.map((state) => STATE_WORDS[state].toLowerCase()).join(', ')}.`;
  const missing = fitting.map((state) => verbOfAction(action, state)).find((name) => !verbs.includes(name));
  return missing === undefined ? undefined : lackWords(missing);
}
