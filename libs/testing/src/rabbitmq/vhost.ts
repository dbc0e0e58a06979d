import { newId, systemClock, systemRandom } from '@leveret/core';
import { readTestEnvironment } from './environment.ts';
import { createManagement, type Management } from './management.ts';

/** A virtual host of one test file. */
export interface TestVhost {
  readonly name: string;
  /** With the virtual host. */
  readonly amqpUrl: string;
  /** The management API of the broker, with the credentials of an administrator. */
  readonly apiUrl: string;
  readonly management: Management;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Whether this run has a RabbitMQ. Where not, whoever skips says so loudly. */
export function hasRabbitmq(): boolean {
  return readTestEnvironment().amqpUrl !== undefined;
}

/**
 * Makes a virtual host that nobody else uses; it is deleted with everything in it.
 *
 * @param broker Where; the RabbitMQ of this run when left out.
 * @throws {Error} without a RabbitMQ.
 */
export async function openVhost(
  broker: { readonly amqpUrl?: string; readonly apiUrl?: string } = readTestEnvironment(),
): Promise<TestVhost> {
  const { amqpUrl, apiUrl } = broker;
  if (amqpUrl === undefined || apiUrl === undefined)
    throw new Error('there is no RabbitMQ: run the tests by `npm test`');
  const management = createManagement(apiUrl);
  const name = `test-${newId(systemClock, systemRandom)}`;
  await management.createVhost(name);
  return {
    name,
    amqpUrl: `${amqpUrl.replace(/\/+$/, '')}/${name}`,
    apiUrl,
    management,
    [Symbol.asyncDispose]: () => management.deleteVhost(name),
  };
}
