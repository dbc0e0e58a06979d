import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether `text` is a UUID in its canonical lower-case form. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

function toUuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

function hexOf(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

const HALF = 2 ** 24;

/** A whole number below 2^48 as twelve digits: its halves, because V8 takes four times as long for more than 31 bits. */
function hexOf48(value: number): string {
  const high = Math.floor(value / HALF);
  return hexOf(high, 6) + hexOf(value - high * HALF, 6);
}

/**
 * A new UUID version 7 (RFC 9562, section 5.7): 48 bits of milliseconds, 74 random bits. Ids sort by the time they were
 * made, to the millisecond; two of one millisecond are in no order.
 */
export function newId(clock: Clock, random: Random): string {
  const time = hexOf48(clock.now());
  const a = hexOf(0x7000 + Math.floor(random() * 0x1000), 4);
  const b = hexOf(0x8000 + Math.floor(random() * 0x4000), 4);
  const c = hexOf48(Math.floor(random() * 2 ** 48));
  return toUuid(time + a + b + c);
}

/**
 * The id of a job that another job enqueues under `key`: the same parent and key give the same id (a UUID version 8,
 * RFC 9562 section 5.8, from their SHA-256), so a parent that runs twice names the same child.
 */
export async function childId(parentId: string, key: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${parentId}\n${key}`));
  const hex = Array.from(new Uint8Array(digest), (byte) => hexOf(byte, 2)).join('');
  const variant = hexOf(0x8 + (Number.parseInt(hex[16] ?? '0', 16) & 0x3), 1);
  return toUuid(`${hex.slice(0, 12)}8${hex.slice(13, 16)}${variant}${hex.slice(17, 32)}`);
}
