import { systemClock, systemRandom } from '@leveret/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useState } from 'react';
import { sessionQuery } from '../api/session.ts';
import { openStream } from '../api/transport/client.ts';
import { type LiveState, openLiveStream } from './live-stream.ts';

/** What becomes of the events of a stream, by their names. `gap` comes when changes are missing: then everything that is shown is read again. */
export type LiveHandlers = Readonly<Record<string, (data: unknown) => void>>;

/**
 * Follows a live stream while the component is there and the tab is visible. Events without a handler are ignored; a `gap` without one reads all
 * queries again.
 *
 * @param path Path below the admin API. Undefined: follows nothing.
 */
export function useLiveStream(
  path: string | undefined,
  handlers: LiveHandlers,
  query: Readonly<Record<string, string>> = {},
): LiveState {
  const queryClient = useQueryClient();
  const [state, setState] = useState<LiveState>({ kind: 'connecting' });
  const search = JSON.stringify(query);

  const receive = useEffectEvent((name: string, data: string) => {
    const handler = handlers[name];
    if (handler !== undefined) return handler(JSON.parse(data));
    if (name === 'gap') return queryClient.invalidateQueries();
  });
  const refuse = useEffectEvent(() => queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey }));

  useEffect(() => {
    if (path === undefined) return;
    const stream = openLiveStream({
      connect: (lastEventId, signal) => openStream(path, { query: JSON.parse(search), signal }, lastEventId),
      onEvent: ({ name, data }) => receive(name, data),
      onState: setState,
      onRefused: () => refuse(),
      clock: systemClock,
      random: systemRandom,
    });
    const follow = () => (document.hidden ? stream.pause() : stream.resume());
    follow();
    document.addEventListener('visibilitychange', follow);
    return () => {
      document.removeEventListener('visibilitychange', follow);
      stream.stop();
    };
  }, [path, search]);

  return state;
}
