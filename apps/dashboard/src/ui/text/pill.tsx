import type { ReactNode } from 'react';

/** A short word about the thing next to it. */
export function Pill({ children }: { readonly children: ReactNode }) {
  return <span className="pill">{children}</span>;
}
