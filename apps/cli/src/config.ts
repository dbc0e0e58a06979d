type Environment = Readonly<Record<string, string | undefined>>;

/** The broker to measure on, where the command line names none: `LEVERET_AMQP_URL`, or that of the test support. */
export function amqpUrlFromEnvironment(env: Environment = process.env): string | undefined {
  return applicationsUrl(env) ?? (env['LEVERET_TEST_AMQP_URL'] || undefined);
}

/** The broker of the applications: `LEVERET_AMQP_URL`. */
export function applicationsUrl(env: Environment = process.env): string | undefined {
  return env['LEVERET_AMQP_URL'] || undefined;
}
