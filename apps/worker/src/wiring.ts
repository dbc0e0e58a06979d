import { join } from 'node:path';
import { createJobClient, type JobClient } from '@leveret/client';
import { createClosingSteps } from '@leveret/config';
import {
  type BlobStore,
  type Broker,
  type Clock,
  type JobHandler,
  type JobStore,
  LeveretError,
  type Logger,
  type Mailer,
  messageOf,
} from '@leveret/core';
import { jobQueues, mailSend, videoThumbnails } from '@leveret/jobs';
import { createCaptureMailer, createMailSendHandler, createSmtpMailer } from '@leveret/mail';
import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { createSqliteBroker, createSqliteJobStore, openSqliteDatabase } from '@leveret/sqlite';
import { createFileBlobStore } from '@leveret/storage';
import { type HandlerRegistration, handleByModule, type WorkerStore } from '@leveret/worker';
import type { WorkerConfig } from './config.ts';

/** Folder of captured mails below the data folder. */
const CAPTURE_FOLDER = 'mail';

/** The drivers of a worker process, opened, and the client and handlers that work with them. */
export interface Drivers {
  readonly broker: Broker;
  readonly store: JobStore;
  /** The ledger of an embedded worker. On RabbitMQ the API is asked, which may be on another machine. */
  readonly starts: WorkerStore | undefined;
  readonly client: JobClient;
  readonly handlers: readonly HandlerRegistration[];
  /** Closes them, in order. Safe to call twice. */
  close(): Promise<void>;
}

/** How long settlements and confirms under way may take when the broker is closed, in milliseconds. */
const CLOSE_GRACE_MS = 5_000;

/** Opens what `config` names. @throws {LeveretError} naming what cannot be reached, read or written. Nothing is left open then. */
export async function openDrivers(config: WorkerConfig, logger: Logger, clock: Clock): Promise<Drivers> {
  const { broker: setting, storeFile, blobFolder, mailFrom, searchPath } = config;
  const closing = createClosingSteps();
  return await closing.attempt(async () => {
    const blobs = await createFileBlobStore({ root: blobFolder });
    const database = await openSqliteDatabase({ file: storeFile, logger });
    closing.add(() => database.close());
    const store = createSqliteJobStore({ database, clock });
    closing.add(() => store.close());
    const mailer = openMailer(config, clock);
    closing.add(() => mailer.close());
    const broker =
      setting.kind === 'rabbitmq'
        ? await createRabbitmqBroker({ ...setting, clock, logger })
        : createSqliteBroker({ database, clock, logger });
    closing.add(() => broker.close(CLOSE_GRACE_MS));
    await broker.declare(jobQueues);
    const client = createJobClient({ broker, store, clock, logger });
    closing.add(() => client.close());
    return {
      broker,
      store,
      starts: setting.kind === 'rabbitmq' ? undefined : store,
      client,
      handlers: createHandlers({ mailer, blobs, mailFrom, blobFolder, searchPath }),
      close: closing.run,
    };
  });
}

/** What the handlers of the applications' jobs work with. */
export interface HandlerOptions {
  readonly mailer: Mailer;
  readonly blobs: BlobStore;
  /** The sender of every mail. */
  readonly mailFrom: string;
  /** Root of blob storage, for handlers in child processes. */
  readonly blobFolder: string;
  /** Folders, separated by colons, where child processes look for programs. */
  readonly searchPath: string;
}

/** The handlers of the applications' jobs: mail in this process, because it waits; video in children, because it computes. */
export function createHandlers({
  mailer,
  blobs,
  mailFrom,
  blobFolder,
  searchPath,
}: HandlerOptions): readonly HandlerRegistration[] {
  const module = new URL(
    import.meta.url.endsWith('.ts') ? './handlers/wiring.ts' : './handlers/wiring.js',
    import.meta.url,
  ).href;
  return [
    { definition: mailSend, handler: createMailSendHandler({ mailer, blobs, from: mailFrom }) as JobHandler },
    handleByModule(videoThumbnails, {
      module,
      factory: 'createVideoThumbnails',
      options: { blobFolder, searchPath },
      isolation: 'process',
    }),
  ];
}

/** Opens where mail goes. @throws {LeveretError} `CONFIG_INVALID` when the URL of the mail server cannot be read. */
export function openMailer({ mail, dataDir }: Pick<WorkerConfig, 'mail' | 'dataDir'>, clock: Clock): Mailer {
  if (mail.kind === 'smtp') return openSmtpMailer(mail.url, clock);
  return createCaptureMailer({ folder: mail.folder ?? join(dataDir, CAPTURE_FOLDER), clock });
}

function openSmtpMailer(url: string, clock: Clock): Mailer {
  try {
    return createSmtpMailer({ url, clock });
  } catch (cause) {
    throw new LeveretError('CONFIG_INVALID', `LEVERET_SMTP_URL: ${messageOf(cause)}`, { cause });
  }
}
