import { systemClock } from '@leveret/core';
import { createContext, type ReactNode, use, useCallback, useMemo, useState } from 'react';

/** Says that something was done, for people who see the page and for those who do not. */
export type Announce = (words: string) => void;

interface Announcement {
  readonly number: number;
  readonly words: string;
}

/** How long words stay to be seen, in milliseconds. */
const SHOWN_MS = 6_000;

const AnnouncerContext = createContext<Announce>(() => undefined);

/** Shows announcements of everything inside at the lower edge of the window. */
export function AnnouncerProvider({ children }: { readonly children: ReactNode }) {
  const [shown, setShown] = useState<readonly Announcement[]>([]);
  const announce = useCallback((words: string) => {
    const announcement = { number: systemClock.monotonic(), words };
    setShown((before) => [...before, announcement]);
    systemClock.schedule(SHOWN_MS, () =>
      setShown((before) => before.filter((other) => other !== announcement)),
    );
  }, []);
  const toasts = useMemo(
    () => (
      <div className="toasts" role="status">
        {shown.map(({ number, words }) => (
          <p key={number}>{words}</p>
        ))}
      </div>
    ),
    [shown],
  );

  return (
    <AnnouncerContext value={announce}>
      {children}
      {toasts}
    </AnnouncerContext>
  );
}

/** The announcer of the page. */
export function useAnnounce(): Announce {
  return use(AnnouncerContext);
}
