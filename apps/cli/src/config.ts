/** The broker to work with, where the command line names none: `LEVERET_AMQP_URL`, or that of the test support. */
export function amqpUrlFromEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  return env['LEVERET_AMQP_URL'] || env['LEVERET_TEST_AMQP_URL'] || undefined;
}
