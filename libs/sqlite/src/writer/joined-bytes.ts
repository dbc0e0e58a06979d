/** Bytes longer than this are not copied: to make a buffer for them costs less than to copy them. */
const LONGEST_JOINED = 16_384;

/** A place in a list that holds bytes. */
interface Place {
  readonly list: unknown[];
  readonly index: number;
  readonly bytes: Uint8Array;
}

/**
 * Replaces the bytes in `lists` and in the lists in them, in place, by views of one buffer that holds them all. Each buffer that goes to
 * another thread is made anew there, which costs about 5 µs: as much as to insert a row. Bytes that are alone, longer than 16 KiB, or in an
 * object stay as they are.
 */
export function joinBytes(lists: readonly unknown[]): void {
  const places: Place[] = [];
  for (const list of lists) if (Array.isArray(list)) collect(list, places);
  if (places.length < 2) return;
  const joined = new Uint8Array(places.reduce((length, { bytes }) => length + bytes.byteLength, 0));
  let from = 0;
  for (const { list, index, bytes } of places) {
    joined.set(bytes, from);
    list[index] = joined.subarray(from, from + bytes.byteLength);
    from += bytes.byteLength;
  }
}

function collect(list: unknown[], places: Place[]): void {
  for (let index = 0; index < list.length; index += 1) {
    const value = list[index];
    if (Array.isArray(value)) collect(value, places);
    else if (value instanceof Uint8Array && value.byteLength <= LONGEST_JOINED)
      places.push({ list, index, bytes: value });
  }
}
