import { messageOf } from '@leveret/core';
import { installPackages } from '../machine/install-packages.ts';
import { hasDocker, startContainer } from './container.ts';
import type { TestEnvironment } from './environment.ts';
import { startPrivateNode } from './private-node.ts';
import { hasServer } from './server.ts';
import type { TestBroker } from './test-broker.ts';

/**
 * Finds a RabbitMQ for the tests, the first that works: the one that the environment names; a private
 * node of the server below the root that it names; Docker; a private node of an
 * installed server; as root on Debian, the same after installing it.
 *
 * @param say Takes a line for the person who waits.
 * @returns Undefined when there is none; then `say` was told why.
 */
export async function findBroker(
  environment: TestEnvironment,
  say: (line: string) => void,
): Promise<TestBroker | undefined> {
  const { amqpUrl, apiUrl } = environment;
  if (amqpUrl !== undefined)
    return {
      amqpUrl,
      apiUrl: apiUrl ?? guessApi(amqpUrl),
      origin: 'LEVERET_TEST_AMQP_URL',
      stop: () => Promise.resolve(),
    };
  if (environment.rabbitmqRoot !== undefined) return await startPrivateNode();
  if (hasDocker()) {
    try {
      return await startContainer();
    } catch (error) {
      say(`Docker is of no use here: ${messageOf(error)}`);
    }
  }
  if (!hasServer()) await installPackages(['rabbitmq-server'], { mayInstall: environment.mayInstall, say });
  if (hasServer()) return await startPrivateNode();
  say(
    'There is no RabbitMQ to test with: set LEVERET_TEST_AMQP_URL, start Docker, or install rabbitmq-server.',
  );
  return undefined;
}

/** Where the management plugin listens when nothing else is said. */
function guessApi(amqpUrl: string): string {
  const { username, password, hostname } = new URL(amqpUrl);
  return `http://${username || 'guest'}:${password || 'guest'}@${hostname}:15672`;
}
