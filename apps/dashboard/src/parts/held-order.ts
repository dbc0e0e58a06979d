/**
 * The order of rows while the pointer is over them: those that were there stay where they are, new ones come last, and those that are gone leave.
 *
 * @param held The order when the pointer came.
 * @param wanted The order that the rows would have now.
 */
export function heldOrder(held: readonly string[], wanted: readonly string[]): readonly string[] {
  const there = new Set(wanted);
  const known = new Set(held);
  return [...held.filter((key) => there.has(key)), ...wanted.filter((key) => !known.has(key))];
}
