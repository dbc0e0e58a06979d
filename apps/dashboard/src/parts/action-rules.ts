import { CONTROL_ACTIONS, type ControlAction, type JobState } from '@leveret/core';
import { verbOfAction } from '@leveret/http-contract/verbs';
import type { Session } from '../api/session.ts';
import { lackWords } from '../format/lack-words.ts';
import { STATE_WORDS } from '../ui/text/glyph.tsx';
import { ACTION_WORDS } from './action-words.ts';

/**
 * Why an action is not possible; undefined when it is.
 *
 * @param states Of the jobs that it is for. Jobs in other states are skipped, so one job that fits is enough.
 * @param session Of who acts.
 */
export function whyNotPossible(
  action: ControlAction,
  states: readonly JobState[],
  session: Pick<Session, 'verbs' | 'isLedgerAway'>,
): string | undefined {
  const { from } = CONTROL_ACTIONS[action];
  const fitting = states.filter((state) => from.includes(state));
  const { verb } = ACTION_WORDS[action];
  if (fitting.length === 0)
    return `${verb} is for jobs that are ${from.map((state) => STATE_WORDS[state].toLowerCase()).join(', ')}.`;
  const missing = fitting
    .map((state) => verbOfAction(action, state))
    .find((name) => !session.verbs.includes(name));
  return missing === undefined ? undefined : lackWords(missing, session);
}
