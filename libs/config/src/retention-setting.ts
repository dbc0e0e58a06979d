import { FINAL_STATES, MAX_KEEP_MS, MIN_KEEP_MS, type RetentionRule, toKindFilter } from '@leveret/core';
import * as z from 'zod';

const RULE = /^([^:=]+):([^:=]+)=([^:=]+)$/;
const TIME = /^(\d{1,9})([mhdw])$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Rules of how long finished jobs are kept, such as `mail.*:succeeded=12h,*:*=7d`, separated by commas: the first one for a job counts. */
export const retentionSetting = z.string().transform((text, context): readonly RetentionRule[] => {
  const rules: RetentionRule[] = [];
  for (const part of text.split(',')) {
    const rule = parseRule(part.trim());
    if (typeof rule !== 'string') rules.push(rule);
    else {
      context.addIssue(rule);
      return z.NEVER;
    }
  }
  return rules;
});

/** The rule, or what is wrong with it. */
function parseRule(text: string): RetentionRule | string {
  const [, kindText = '', stateText, timeText = ''] = RULE.exec(text) ?? [];
  if (stateText === undefined)
    return 'must be rules such as mail.*:succeeded=12h, separated by commas: <kind>:<state>=<time>';
  const kind = toKindFilter(kindText);
  if (kind === undefined && kindText !== '*')
    return 'names a kind that cannot be one: expected a kind, the beginning of one followed by *, or *';
  const state = FINAL_STATES.find((name) => name === stateText);
  if (stateText === 'dead')
    return 'has a rule for dead jobs: these are kept until they are retried or discarded';
  if (state === undefined && stateText !== '*')
    return `names an unknown state: expected ${FINAL_STATES.join(', ')} or *`;
  const keepMs = parseTime(timeText);
  if (keepMs === undefined)
    return 'has a time that cannot be one: expected a time such as 90m, 12h, 7d or 4w, from 1m to 100 years, or the word forever';
  return { ...(kind === undefined ? {} : { kind }), ...(state === undefined ? {} : { state }), keepMs };
}

function parseTime(text: string): RetentionRule['keepMs'] | undefined {
  if (text === 'forever') return text;
  const [, count, unit = ''] = TIME.exec(text) ?? [];
  const keepMs = Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  return keepMs >= MIN_KEEP_MS && keepMs <= MAX_KEEP_MS ? keepMs : undefined;
}
