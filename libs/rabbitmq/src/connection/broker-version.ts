import { LeveretError } from '@leveret/core';

/** The oldest RabbitMQ that will do: quorum queues have expiring messages since then. */
const OLDEST = [3, 10] as const;

/**
 * Makes sure that the broker is new enough. What is no RabbitMQ counts its versions otherwise, and is not judged.
 *
 * @throws {LeveretError} `BROKER_REFUSED` for a RabbitMQ older than 3.10.
 */
export function checkVersion({
  product,
  version,
}: {
  readonly product: string;
  readonly version: string;
}): void {
  if (product !== 'RabbitMQ') return;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  const words = `RabbitMQ ${version} is too old: Leveret needs ${OLDEST.join('.')}.0 or later`;
  throw new LeveretError('BROKER_REFUSED', words, { details: { version } });
}
