import { DEFAULT_NAMESPACE } from '@leveret/core';

type Environment = Readonly<Record<string, string | undefined>>;

/** The broker to measure on, where the command line names none: `LEVERET_AMQP_URL`, or that of the test support. */
export function amqpUrlFromEnvironment(env: Environment = process.env): string | undefined {
  return applicationsUrl(env) ?? (env['LEVERET_TEST_AMQP_URL'] || undefined);
}

/** The namespace of the applications: `LEVERET_NAMESPACE`. */
export function applicationsNamespace(env: Environment = process.env): string {
  return env['LEVERET_NAMESPACE'] || DEFAULT_NAMESPACE;
}

/** The broker of the applications: `LEVERET_AMQP_URL`. */
export function applicationsUrl(env: Environment = process.env): string | undefined {
  return env['LEVERET_AMQP_URL'] || undefined;
}
