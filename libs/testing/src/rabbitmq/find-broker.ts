import { messageOf } from '@leveret/core';
import { installPackages } from '../machine/install-packages.ts';
import { hasDocker, startContainer } from './container.ts';
import type { TestEnvironment } from './environment.ts';
import { findServerFolder, startPrivateNode } from './private-node.ts';
import type { TestBroker } from './test-broker.ts';

/**
 * Finds a RabbitMQ for the tests, the first that works: the one that the environment names; Docker; a private node of an
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
  if (hasDocker()) {
    try {
      return await startContainer();
    } catch (error) {
      say(`Docker is of no use here: ${messageOf(error)}`);
    }
  }
  const folder = findServerFolder() ?? (await install(environment, say));
  if (folder !== undefined) return await startPrivateNode(folder);
  say(
    'There is no RabbitMQ to test with: set LEVERET_TEST_AMQP_URL, start Docker, or install rabbitmq-server.',
  );
  return undefined;
}

async function install(
  { mayInstall }: TestEnvironment,
  say: (line: string) => void,
): Promise<string | undefined> {
  await installPackages(['rabbitmq-server'], { mayInstall, say });
  return findServerFolder();
}

/** Where the management plugin listens when nothing else is said. */
function guessApi(amqpUrl: string): string {
  const { username, password, hostname } = new URL(amqpUrl);
  return `http://${username || 'guest'}:${password || 'guest'}@${hostname}:15672`;
}
