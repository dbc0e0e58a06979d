/** A parameter that is one of `values`; anything else counts as `fallback`. */
export function oneOf<const Value extends string>(
  values: readonly Value[],
  raw: unknown,
  fallback: NoInfer<Value>,
): Value {
  return values.find((value) => value === raw) ?? fallback;
}

/** A parameter that is text. A number is what the router makes of digits. */
export function textOf(raw: unknown, fallback: string): string {
  return typeof raw === 'string' ? raw : typeof raw === 'number' ? String(raw) : fallback;
}

/** A parameter that is a whole number of at least 1; anything else counts as `fallback`. */
export function numberOf(raw: unknown, fallback: number): number {
  const value = Number(raw);
  return Number.isSafeInteger(value) && value >= 1 ? value : fallback;
}

/** A parameter that is a moment in ISO 8601; anything else counts as none, which is empty. */
export function momentOf(raw: unknown): string {
  const at = typeof raw === 'string' ? Date.parse(raw) : Number.NaN;
  return Number.isNaN(at) ? '' : new Date(at).toISOString();
}

/** A parameter that is a UUID; anything else counts as none, which is empty. */
export function idOf(raw: unknown): string {
  return typeof raw === 'string' && /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(raw) ? raw : '';
}

/** The path of a page of this application to go to after signing in; anything else counts as the overview. */
export function nextOf(raw: unknown): string {
  return typeof raw === 'string' && /^\/(?![/\\])/.test(raw) ? raw : '/';
}
