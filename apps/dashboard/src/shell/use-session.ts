import type { AdminVerb } from '@leveret/http-contract/admin';
import { useSuspenseQuery } from '@tanstack/react-query';
import { mayUse, type Session, sessionQuery } from '../api/session.ts';

/** Who is signed in. For pages inside of the shell: it is known there. */
export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data;
}

/** Whether who is signed in may do something: what they may not do is not offered. */
export function useMay(verb: AdminVerb): boolean {
  return mayUse(useSession(), verb);
}
