/**
 * The delay wheel: where a message goes in so that it comes out after its delay. Each level has three queues that hold a
 * message for one, two or three times the level's unit; a message passes one queue for each digit of its delay in base 4, from
 * the highest to the lowest, led by routing keys that it carries in its `CC` header. All messages of one queue wait equally
 * long, so none waits behind another.
 */

/** Length of the lowest level's unit, in milliseconds. */
const UNIT_MS = 100;
const RADIX = 4;
/** Levels of the wheel. */
export const LEVEL_COUNT = 15;
/** Longest delay of one pass, in milliseconds: about 3.4 years. */
export const LONGEST_PASS_MS = (RADIX ** LEVEL_COUNT - 1) * UNIT_MS;

/** A rounded delay is a smaller number than this, doubled as often as it takes: at most four digits, and off by less than 1/64. */
const ROUNDED_UNITS = 2 ** 7;

/** One queue of the wheel. */
export interface WheelSlot {
  readonly level: number;
  /** From 1 to 3: how many units of the level it holds a message. */
  readonly digit: number;
}

/** A message's way through the wheel. */
export interface WheelRoute {
  readonly slots: readonly WheelSlot[];
  /** What of the delay is left after this pass, in milliseconds; 0 when nothing is. */
  readonly leftMs: number;
}

/**
 * The way of a message that is to wait `delayMs`: rounded up to the unit, at least one, never early.
 *
 * @param delayMs Whole milliseconds, at least 1.
 */
export function routeOf(delayMs: number): WheelRoute {
  const passMs = Math.min(delayMs, LONGEST_PASS_MS);
  const slots: WheelSlot[] = [];
  let units = Math.ceil(passMs / UNIT_MS);
  for (let level = 0; units > 0; level += 1) {
    const digit = units % RADIX;
    if (digit > 0) slots.unshift({ level, digit });
    units = Math.floor(units / RADIX);
  }
  return { slots, leftMs: delayMs - passMs };
}

/**
 * A delay that passes at most four slots, however long it is (within one pass): `delayMs` rounded up, by less than a unit and
 * 1/64 of the whole. For a retry, whose exact moment nobody chose.
 */
export function roundedDelayMs(delayMs: number): number {
  const units = Math.ceil(delayMs / UNIT_MS);
  let quantum = 1;
  while (units >= ROUNDED_UNITS * quantum) quantum *= 2;
  return Math.ceil(units / quantum) * quantum * UNIT_MS;
}

/** How long a slot holds a message, in milliseconds. */
export function holdMs({ level, digit }: WheelSlot): number {
  return digit * RADIX ** level * UNIT_MS;
}

/** Every slot of the levels from `from` up to, not including, `to`. */
export function slotsOf(from: number, to: number): readonly WheelSlot[] {
  const slots: WheelSlot[] = [];
  for (let level = from; level < to; level += 1) {
    for (let digit = 1; digit < RADIX; digit += 1) slots.push({ level, digit });
  }
  return slots;
}

/** The key that leads into the first slot. */
export function entryKey({ level, digit }: WheelSlot): string {
  return `@${level}.${digit}`;
}

/** The key that leads from any slot of `level` to `next`. */
export function hopKey(level: number, next: WheelSlot): string {
  return `${level}>${next.level}.${next.digit}`;
}

/** The key that leads from any slot of `level` out of the wheel. */
export function exitKey(level: number): string {
  return `${level}>`;
}

/** The keys, besides the entry, that lead along `slots` and out. */
export function onwardKeys(slots: readonly WheelSlot[]): readonly string[] {
  return slots.map(({ level }, index) => {
    const next = slots[index + 1];
    return next === undefined ? exitKey(level) : hopKey(level, next);
  });
}
