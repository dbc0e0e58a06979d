import { systemClock } from '@leveret/core';
import { useEffect, useState } from 'react';

/** The time, which goes on while the tab is visible. For pages: components are given `now`. */
export function useNow(everyMs = 1_000): Date {
  const [now, setNow] = useState(() => new Date(systemClock.now()));
  useEffect(() => {
    let cancel = systemClock.schedule(everyMs, tick);
    function tick() {
      if (!document.hidden) setNow(new Date(systemClock.now()));
      cancel = systemClock.schedule(everyMs, tick);
    }
    return () => cancel();
  }, [everyMs]);
  return now;
}
