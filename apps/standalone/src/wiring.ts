import { type Drivers, openDrivers } from '@leveret/api';
import { createClosingSteps } from '@leveret/config';
import type { Clock, Logger } from '@leveret/core';
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

/** Opens what `config` names, once for API and worker. @throws {LeveretError} naming what cannot be reached, read or written. Nothing is left open then. */
export async function openSharedDrivers(
  config: StandaloneConfig,
  logger: Logger,
  clock: Clock,
): Promise<SharedDrivers> {
  const closing = createClosingSteps();
  return await closing.attempt(async () => {
    const mailer = openMailer(config, clock);
    closing.add(() => mailer.close());
    const drivers = await openDrivers(config, logger, clock);
    closing.add(() => drivers.close());
    const { mailFrom, blobFolder, searchPath } = config;
    return {
      ...drivers,
      handlers: createHandlers({ mailer, blobs: drivers.blobs, mailFrom, blobFolder, searchPath }),
      close: closing.run,
    };
  });
}
