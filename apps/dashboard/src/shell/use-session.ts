import type { AdminVerb } from '@leveret/http-contract/admin';
import { useSuspenseQuery } from '@tanstack/react-query';
import { mayUse, type Session, sessionQuery } from '../api/session.ts';
import { lackWords } from '../format/lack-words.ts';

/** Who is signed in. For pages inside of the shell: it is known there. */
export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data;
}

/** Whether who is signed in may do something. */
export function useMay(verb: AdminVerb): boolean {
  return mayUse(useSession(), verb);
}

/** Why who is signed in may not do something; undefined when they may. */
export function useWhyNot(verb: AdminVerb): string | undefined {
  const session = useSession();
  return mayUse(session, verb) ? undefined : lackWords(verb, session);
}
