import type { LiveState } from '../live/live-stream.ts';
import { Stale } from '../ui/looks/stale.tsx';
import { useNow } from '../ui/text/use-now.ts';

/** A stream that is opened again within this time was not missed, in milliseconds. */
const GRACE_MS = 3_000;

/** Says that live updates have stopped, once they have for a while. */
export function LiveBanner({ state }: { readonly state: LiveState }) {
  const now = useNow();
  if (state.kind !== 'stale' || now.getTime() - state.since.getTime() < GRACE_MS) return null;
  return <Stale since={state.since} reason="Live updates stopped." />;
}
