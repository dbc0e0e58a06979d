import { useSyncExternalStore } from 'react';

/** As in the style sheet: on a narrow window a row has several lines. */
const NARROW = '(max-width: 60rem)';
const HEIGHT = 36;
const NARROW_HEIGHT = 84;

/** The height of a row of the list, in pixels: it is the same for all rows. */
export function useRowHeight(): number {
  return useSyncExternalStore(subscribe, () => (matchMedia(NARROW).matches ? NARROW_HEIGHT : HEIGHT));
}

function subscribe(onChange: () => void): () => void {
  const query = matchMedia(NARROW);
  query.addEventListener('change', onChange);
  return () => query.removeEventListener('change', onChange);
}
