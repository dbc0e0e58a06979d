import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AppProcess, startApp } from '@leveret/testing/processes';
import { createHttpClient, type HttpClient } from './http-client.ts';

/** A folder of one test. */
export interface TestFolder extends AsyncDisposable {
  readonly path: string;
}

/** An application that answers. */
export interface RunningServer extends AsyncDisposable {
  readonly app: AppProcess;
  readonly client: HttpClient;
}

/** Makes a folder that is gone after the test. */
export async function makeFolder(): Promise<TestFolder> {
  const path = await mkdtemp(join(tmpdir(), 'leveret-e2e-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Starts everything in one process, embedded, on a free port. */
export async function startStandalone(
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const app = startApp({
    entry: 'apps/standalone/dist/main.js',
    env: { LEVERET_DATA_DIR: dataDir, PORT: '0', ...env },
  });
  return toServer(app, await app.until(/Leveret is ready: (http:\S+)/));
}

/** Settings that processes of one installation share. */
export interface Installation {
  readonly dataDir: string;
  readonly amqpUrl: string;
  readonly smtpUrl: string;
}

/** Starts an API process, on a free port unless `env` names one. */
export async function startApi(
  { dataDir, amqpUrl }: Installation,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const app = startApp({
    entry: 'apps/api/dist/main.js',
    env: { ...sharedEnv(dataDir, amqpUrl), PORT: '0', ...env },
  });
  return toServer(app, await app.until(/Leveret API listens at (http:\S+)/));
}

/** Starts a worker process. */
export async function startWorker(
  { dataDir, amqpUrl, smtpUrl }: Installation,
  args: readonly string[] = [],
): Promise<AppProcess> {
  const env = { ...sharedEnv(dataDir, amqpUrl), LEVERET_SMTP_URL: smtpUrl, LEVERET_HEALTH_PORT: '0' };
  const app = startApp({ entry: 'apps/worker/dist/main.js', args, env });
  await app.until(/Leveret worker takes jobs/);
  return app;
}

function sharedEnv(dataDir: string, amqpUrl: string): Record<string, string> {
  return {
    LEVERET_DATA_DIR: dataDir,
    LEVERET_AMQP_URL: amqpUrl,
    LEVERET_STORE_URL: join(dataDir, 'leveret.db'),
    LEVERET_BLOB_URL: `file:${join(dataDir, 'blobs')}`,
  };
}

function toServer(app: AppProcess, [, url = '']: RegExpExecArray): RunningServer {
  return { app, client: createHttpClient(url), [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}
