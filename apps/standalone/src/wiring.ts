import { type Drivers, openDrivers } from '@leveret/api';
import type { Clock, Logger, Mailer } from '@leveret/core';
import { sampleClipPath } from '@leveret/video';
import type { HandlerRegistration } from '@leveret/worker';
import { createHandlers, openMailer } from '@leveret/worker-app';
import type { StandaloneConfig } from './config.ts';

export { lockFile } from '@leveret/sqlite';

/** The clip that the first start shows. */
export const demoClip: string = sampleClipPath;

/** Everything that API and worker share in one process. */
export interface SharedDrivers extends Drivers {
  readonly handlers: readonly HandlerRegistration[];
}

/** Opens what `config` names, once for API and worker. @throws {LeveretError} naming what cannot be reached, read or written. */
export async function openSharedDrivers(
  config: StandaloneConfig,
  logger: Logger,
  clock: Clock,
): Promise<SharedDrivers> {
  const drivers = await openDrivers(config, logger, clock);
  const mailer: Mailer = openMailer(config, clock);
  const { mailFrom, blobFolder, searchPath } = config;
  return {
    ...drivers,
    handlers: createHandlers({ mailer, blobs: drivers.blobs, mailFrom, blobFolder, searchPath }),
    async close() {
      await drivers.close();
      await mailer.close();
    },
  };
}
