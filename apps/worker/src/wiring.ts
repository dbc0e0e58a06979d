import { join } from 'node:path';
import { createJobClient, type JobClient } from '@leveret/client';
import type { BlobStore, Broker, Clock, JobHandler, JobStore, Logger, Mailer } from '@leveret/core';
import { mailSend, videoThumbnails } from '@leveret/jobs';
import { createCaptureMailer, createMailSendHandler, createSmtpMailer } from '@leveret/mail';
import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { createSqliteBroker, createSqliteJobStore, openSqliteDatabase } from '@leveret/sqlite';
import { createFileBlobStore } from '@leveret/storage';
import { type HandlerRegistration, handleByModule } from '@leveret/worker';
import type { WorkerConfig } from './config.ts';

/** Folder of captured mails below the data folder. */
const CAPTURE_FOLDER = 'mail';

/** The drivers of a worker, opened. */
export interface Drivers {
  readonly broker: Broker;
  readonly store: JobStore;
  readonly client: JobClient;
  readonly handlers: readonly HandlerRegistration[];
  /** Closes them, in order. */
  close(): Promise<void>;
}

/** How long broker connections may take to end, in milliseconds. */
const CLOSE_GRACE_MS = 5_000;

/** Opens what `config` names. @throws {LeveretError} naming what cannot be reached, read or written. */
export async function openDrivers(config: WorkerConfig, logger: Logger, clock: Clock): Promise<Drivers> {
  const database = await openSqliteDatabase({ file: config.storeFile, clock, logger });
  const store = createSqliteJobStore({ database, clock });
  const broker =
    config.broker.kind === 'rabbitmq'
      ? await createRabbitmqBroker({ urls: config.broker.urls, clock, logger })
      : createSqliteBroker({ database, clock, logger });
  const blobs = await createFileBlobStore({ root: config.blobFolder });
  const mailer = openMailer(config, clock);
  const client = createJobClient({ broker, store, clock, logger });
  return {
    broker,
    store,
    client,
    handlers: createHandlers({ mailer, blobs, mailFrom: config.mailFrom, blobFolder: config.blobFolder }),
    async close() {
      await client.close();
      await broker.close(CLOSE_GRACE_MS);
      await mailer.close();
      await store.close();
      await database.close();
    },
  };
}

/** What the handlers of the applications' jobs work with. */
export interface HandlerOptions {
  readonly mailer: Mailer;
  readonly blobs: BlobStore;
  /** The sender of every mail. */
  readonly mailFrom: string;
  /** Root of blob storage, for handlers in child processes. */
  readonly blobFolder: string;
}

/** The handlers of the applications' jobs: mail in this process, because it waits; video in children, because it computes. */
export function createHandlers({ mailer, blobs, mailFrom, blobFolder }: HandlerOptions): readonly HandlerRegistration[] {
  const module = new URL(import.meta.url.endsWith('.ts') ? './handlers/wiring.ts' : './handlers/wiring.js', import.meta.url).href;
  return [
    { definition: mailSend, handler: createMailSendHandler({ mailer, blobs, from: mailFrom }) as JobHandler },
    handleByModule(videoThumbnails, { module, factory: 'createVideoThumbnails', options: { blobFolder }, isolation: 'process' }),
  ];
}

/** Opens where mail goes. */
export function openMailer({ mail, dataDir }: Pick<WorkerConfig, 'mail' | 'dataDir'>, clock: Clock): Mailer {
  if (mail.kind === 'smtp') return createSmtpMailer({ url: mail.url, clock });
  return createCaptureMailer({ folder: mail.folder ?? join(dataDir, CAPTURE_FOLDER), clock });
}
