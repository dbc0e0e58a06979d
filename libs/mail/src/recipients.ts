import { domainToASCII } from 'node:url';
import type { Mail } from '@leveret/core';

/** What tells recipients apart: the address with its domain as the DNS writes it. The part before the `@` is the receiver's. */
export function recipientKey(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  return `${address.slice(0, at)}@${domainToASCII(domain) || domain.toLowerCase()}`;
}

/** Everybody who gets the mail, in order, each once. */
export function recipientsOf({ to, cc, bcc }: Pick<Mail, 'to' | 'cc' | 'bcc'>): readonly string[] {
  const byKey = new Map<string, string>();
  for (const address of [...to, ...cc, ...bcc]) {
    const key = recipientKey(address);
    if (!byKey.has(key)) byKey.set(key, address);
  }
  return [...byKey.values()];
}
