/** A RabbitMQ that tests may do anything to, within virtual hosts of their own. */
export interface TestBroker {
  /** Without a virtual host. */
  readonly amqpUrl: string;
  /** Management API, credentials included. */
  readonly apiUrl: string;
  /** Where it came from, in words. */
  readonly origin: string;
  /** Stops it, if it was started for the tests. Safe to call twice. */
  stop(): Promise<void>;
}
