import { isQueueName } from '@leveret/core';
import * as z from 'zod';

/** How long the oldest job of a queue may wait, in milliseconds, before that is a fault. */
export interface WaitingLimitSetting {
  /** Of queues without a limit of their own. */
  readonly defaultMs: number;
  readonly byQueue: ReadonlyMap<string, number>;
}

/** For queues without a limit, in milliseconds. */
const DEFAULT_MS = 300_000;
/** Shortest and longest limit, in milliseconds. */
const MIN_MS = 1_000;
const MAX_MS = 30 * 86_400_000;

const TIME = /^(\d{1,9})([smhd])$/;
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Times separated by commas, such as `mail=10m,5m`: of a queue, or without a name of all others. */
export const waitingLimitSetting = z
  .string()
  .default('5m')
  .transform((text, context): WaitingLimitSetting => {
    const byQueue = new Map<string, number>();
    let defaultMs: number | undefined;
    for (const part of text.split(',').map((one) => one.trim())) {
      const [time = '', queue] = part.split('=').reverse();
      const limitMs = parseTime(time);
      const isRepeated = queue === undefined ? defaultMs !== undefined : byQueue.has(queue);
      if (
        limitMs === undefined ||
        part.split('=').length > 2 ||
        isRepeated ||
        !(queue === undefined || isQueueName(queue))
      ) {
        context.addIssue(
          'must be times from 1s to 30d separated by commas, each once: one for a queue, such as mail=10m, and one for all others, such as 5m',
        );
        return z.NEVER;
      }
      if (queue === undefined) defaultMs = limitMs;
      else byQueue.set(queue, limitMs);
    }
    return { defaultMs: defaultMs ?? DEFAULT_MS, byQueue };
  });

function parseTime(text: string): number | undefined {
  const [, count, unit = ''] = TIME.exec(text) ?? [];
  const timeMs = Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  return timeMs >= MIN_MS && timeMs <= MAX_MS ? timeMs : undefined;
}
