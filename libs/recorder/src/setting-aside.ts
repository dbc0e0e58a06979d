import type { JobStore, Logger, UnfitMessage } from '@leveret/core';
import type { LedgerWrites } from './ledger-writes.ts';

/** What setting messages aside works with. */
export interface SettingAsideOptions {
  readonly store: Pick<JobStore, 'setAside'>;
  readonly writes: LedgerWrites;
  readonly logger: Logger;
}

/**
 * Sets messages aside in the ledger, all or none, as soon as that can be used, and logs each reason once for each queue.
 * @param words What the messages are. @throws once stopped.
 */
export async function setAside(
  messages: readonly UnfitMessage[],
  words: string,
  { store, writes, logger }: SettingAsideOptions,
): Promise<void> {
  if (messages.length === 0) return;
  await writes.untilDone(() => store.setAside.keep(messages));
  const counted = new Map<
    string,
    { readonly queue: string; readonly reason: string; messageCount: number }
  >();
  for (const { queue, reason } of messages) {
    const key = JSON.stringify([queue, reason]);
    const one = counted.get(key) ?? { queue, reason, messageCount: 0 };
    one.messageCount += 1;
    counted.set(key, one);
  }
  for (const fields of counted.values()) logger.error(fields, `${words}: the ledger sets them aside`);
}
