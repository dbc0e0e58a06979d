import { decodePayload } from '../job/message.ts';
import type { Json } from '../json/json.ts';

/** Whether two bodies hold the same JSON: the order of keys does not count. Bodies that are no JSON are the same when their bytes are. */
export function isSamePayload(one: Uint8Array, other: Uint8Array): boolean {
  if (hasSameBytes(one, other)) return true;
  try {
    return isSameJson(decodePayload(one) as Json, decodePayload(other) as Json);
  } catch {
    return false;
  }
}

function hasSameBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one === other) return true;
  return one.byteLength === other.byteLength && one.every((byte, index) => byte === other[index]);
}

function isSameJson(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [names, others] = [Object.keys(one), Object.keys(other)];
  if (names.length !== others.length) return false;
  const [first, second] = [one, other] as readonly Readonly<Record<string, Json>>[];
  return names.every(
    (name) => Object.hasOwn(second ?? {}, name) && isSameJson(first?.[name], second?.[name]),
  );
}
