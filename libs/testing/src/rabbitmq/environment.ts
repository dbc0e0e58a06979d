/** What the test support is told by environment variables; read here and nowhere else. */
export interface TestEnvironment {
  /** A broker to use: `LEVERET_TEST_AMQP_URL`. Its user may make virtual hosts. */
  readonly amqpUrl?: string;
  /** Its management API, credentials included: `LEVERET_TEST_RABBITMQ_API`. */
  readonly apiUrl?: string;
  /** The root folder of another system, whose RabbitMQ server is started instead of this machine's: `LEVERET_TEST_RABBITMQ_ROOT`. */
  readonly rabbitmqRoot?: string;
  /** Whether packages may be installed: all but `LEVERET_TEST_INSTALL=0`. */
  readonly mayInstall: boolean;
  /** Whether nobody is there to read that something was skipped: `CI=true`. */
  readonly isCi: boolean;
}

/** Reads the environment. */
export function readTestEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): TestEnvironment {
  const { LEVERET_TEST_AMQP_URL: amqpUrl, LEVERET_TEST_RABBITMQ_API: apiUrl } = env;
  const rabbitmqRoot = env['LEVERET_TEST_RABBITMQ_ROOT'];
  return {
    ...(amqpUrl === undefined || amqpUrl === '' ? {} : { amqpUrl }),
    ...(apiUrl === undefined || apiUrl === '' ? {} : { apiUrl }),
    ...(rabbitmqRoot === undefined || rabbitmqRoot === '' ? {} : { rabbitmqRoot }),
    mayInstall: env['LEVERET_TEST_INSTALL'] !== '0',
    isCi: env['CI'] === 'true',
  };
}
