import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useState } from 'react';

const route = getRouteApi('/app/failures');

/** The group that is opened: empty when none is. The address has it, which the router brings up to date a little later. */
export function useOpenedGroup(): readonly [fingerprint: string, open: (fingerprint: string) => void] {
  const { fingerprint } = route.useSearch();
  const navigate = route.useNavigate();
  const [opened, setOpened] = useState(fingerprint);
  const [followed, setFollowed] = useState(fingerprint);
  if (followed !== fingerprint) {
    setFollowed(fingerprint);
    setOpened(fingerprint);
  }
  const open = useCallback(
    (next: string) => {
      setOpened(next);
      navigate({ search: { fingerprint: next }, replace: true, resetScroll: false }).catch(reportError);
    },
    [navigate],
  );
  return [opened, open];
}
