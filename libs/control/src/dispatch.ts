import {
  type Broker,
  type ControlStore,
  type JobStore,
  type Logger,
  messageOf,
  type OutgoingMessage,
} from '@leveret/core';

/** Publishes jobs that run again. */
export interface Dispatch {
  /**
   * Publishes messages that the ledger holds as undispatched, and records that. Resolves with the ids of the jobs that the broker did not take:
   * a relay publishes them later. Never rejects.
   */
  publish(messages: readonly OutgoingMessage[]): Promise<readonly string[]>;
}

/** What publishing works with. */
export interface DispatchOptions {
  readonly broker: Pick<Broker, 'publish'>;
  readonly store: ControlStore & Pick<JobStore, 'markDispatched'>;
  readonly logger: Logger;
}

/** Creates what publishes jobs that run again. */
export function createDispatch({ broker, store, logger }: DispatchOptions): Dispatch {
  async function mark(sent: readonly OutgoingMessage[]): Promise<void> {
    const idsByGeneration = new Map<number, string[]>();
    for (const { message } of sent)
      idsByGeneration.set(message.generation, [
        ...(idsByGeneration.get(message.generation) ?? []),
        message.id,
      ]);
    for (const [generation, ids] of idsByGeneration) await store.markDispatched(ids, generation);
  }

  return {
    async publish(messages) {
      // As copies: while this process was held up, a relay may have published them.
      const outcomes = await Promise.allSettled(
        messages.map((outgoing) => broker.publish([{ ...outgoing, isResent: true }])),
      );
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed !== undefined)
        logger.warn(
          { error: messageOf(failed.reason) },
          'the broker does not take jobs that are to run again: a relay publishes them later',
        );
      const isSent = (_: unknown, index: number) => outcomes[index]?.status === 'fulfilled';
      // What a relay publishes once more is a copy, too.
      await mark(messages.filter(isSent)).catch((error: unknown) =>
        logger.warn({ error: messageOf(error) }, 'cannot record that jobs were published'),
      );
      return messages.filter((outgoing, index) => !isSent(outgoing, index)).map(({ message }) => message.id);
    },
  };
}
