import { createContext, use } from 'react';
import type { LiveState } from '../live/live-stream.ts';

/** How the live stream of the shell is doing. */
export const LiveContext = createContext<LiveState>({ kind: 'connecting' });

/** How the live stream of the shell is doing. */
export function useLiveState(): LiveState {
  return use(LiveContext);
}
