type Fields = Readonly<Record<string, unknown>>;

/**
 * Whether two values are the same data: lists and plain objects field by field, dates by their moment, maps and sets by their entries
 * in order, objects of any other class by their own fields and their text. An object that shows neither is the same as itself alone.
 */
export function isSameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (a instanceof Map || a instanceof Set) return isSameData([...a], [...(b as typeof a)]);
  if (!haveSameFields(a, b, isSameData)) return false;
  return isPlain(a) || Array.isArray(a) || haveSameText(a, b);
}

/** Like {@link isSameData}, but for what differs between `a` and `again` too: what a schema makes anew each time, such as an id. */
export function isSameBesidesNoise(a: unknown, b: unknown, again: unknown): boolean {
  if (areAlike(a, b) && areAlike(a, again)) {
    return haveSameFields(a as object, b as object, (one, other, key) =>
      isSameBesidesNoise(one, other, (again as Fields)[key]),
    );
  }
  return isSameData(a, b) || !isSameData(a, again);
}

function areAlike(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return (isPlain(a) && isPlain(b)) || (Array.isArray(a) && Array.isArray(b));
}

function haveSameFields(
  a: object,
  b: object,
  isSame: (a: unknown, b: unknown, key: string) => boolean,
): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && isSame((a as Fields)[key], (b as Fields)[key], key));
}

/** Of what shows nothing of itself it is not known. */
function haveSameText(a: object, b: object): boolean {
  const text = String(a);
  return text === String(b) && (!text.startsWith('[object ') || Object.keys(a).length > 0);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
