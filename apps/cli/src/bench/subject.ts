import type { Broker, JobReader, JobStore } from '@leveret/core';

/** The plainest way to do the same work with nothing but the driver's own client: what every figure is compared with. */
export interface Baseline {
  /** Resolves once one message is durable. Many may be under way at once. */
  enqueue(body: Uint8Array): Promise<void>;
  /** Takes `count` messages off the queue, `concurrency` at a time, acknowledging each; resolves when the last is acknowledged. */
  drain(count: number, concurrency: number): Promise<void>;
  /** Calls `onMessage` as soon as a message is there, acknowledging each, until the returned function is called. */
  listen(onMessage: () => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** A server, or a file, to measure on. */
export interface Subject {
  readonly name: 'RabbitMQ' | 'SQLite';
  readonly baselineName: string;
  openBroker(): Promise<Broker>;
  /** Opens a ledger; `broker` is the one it will work beside. */
  openStore(broker: Broker): Promise<JobStore>;
  /** Opens what reads that ledger: it has to be there. */
  openReader(): Promise<JobReader>;
  openBaseline(): Promise<Baseline>;
  /** Removes everything that was made. */
  dispose(): Promise<void>;
}
