import type { AdminVerb } from '@leveret/http-contract/admin';

/** What is said where an account lacks a verb. */
export function lackWords(verb: AdminVerb): string {
  return `Your account lacks ${verb}: an admin can change its role.`;
}
