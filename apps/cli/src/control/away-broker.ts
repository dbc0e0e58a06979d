import type { Broker, LeveretError } from '@leveret/core';

/**
 * Stands for a broker that cannot be reached: everything fails with `reason`, and the ledger keeps what is to be published.
 * @param name `Broker.name` of the broker.
 */
export function createAwayBroker(name: string, reason: LeveretError): Broker {
  const refuse = () => Promise.reject(reason);
  return {
    name,
    declare: refuse,
    publish: refuse,
    takeDeadLetters: refuse,
    takeUnroutable: refuse,
    consume: refuse,
    emit: refuse,
    inspectEvents: refuse,
    recordEvents: refuse,
    live: { followEvents: refuse, broadcast: refuse, onCommand: refuse, ask: refuse, answer: refuse },
    inspect: refuse,
    status: () => ({ state: 'down', code: reason.code, reason: reason.message }),
    close: () => Promise.resolve(),
  };
}
