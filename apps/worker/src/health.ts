import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Broker, type JobStore, LeveretError, messageOf, toPublicStatus } from '@leveret/core';

/** What the health server reports on. */
export interface HealthOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly broker: Pick<Broker, 'status'>;
  readonly store: Pick<JobStore, 'status'>;
}

/** A server that supervisors ask. */
export interface HealthServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts the health server: `GET /health/live` is 200 while the process runs, `GET /health/ready` is 200 while jobs can be
 * taken from the broker, and names what is down, with its code. The log has the reason.
 *
 * @throws {LeveretError} `PORT_IN_USE`.
 */
export async function startHealthServer({ host, port, broker, store }: HealthOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const report = { broker: toPublicStatus(broker.status()), store: toPublicStatus(store.status()) };
    const ready = report.broker.state !== 'down';
    const known = request.url === '/health/live' || request.url === '/health/ready';
    const failing = request.url === '/health/ready' && !ready;
    response.writeHead(known ? (failing ? 503 : 200) : 404, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
    });
    response.end(
      JSON.stringify(
        known ? { ...report, status: failing ? 'unavailable' : 'ok' } : { status: 'unknown address' },
      ),
    );
  });
  await listen(server, host, port);
  const { port: actualPort } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${actualPort}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new LeveretError('PORT_IN_USE', `cannot listen on ${host}:${port}: ${messageOf(cause)}`, { cause }),
      );
    });
    server.listen(port, host, resolve);
  });
}
