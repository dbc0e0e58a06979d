import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@leveret/core';
import { runDemo } from './demo.ts';

/** Its presence in the data folder says that the demonstration was shown. */
const SHOWN_FILE = 'demo-shown';

/** What the first start needs to know. */
export interface FirstStartOptions {
  readonly dataDir: string;
  /** Where captured mails lie; absent when mail really goes out, and then there is no demonstration. */
  readonly mailFolder: string | undefined;
  readonly url: string;
  readonly apiKey?: string;
  readonly clip: string;
  /** Show it whether it was shown or not. */
  readonly always: boolean;
  readonly clock: Clock;
  /** Takes a line for the person at the terminal. */
  readonly say: (line: string) => void;
}

/**
 * Shows, on the first start in a data folder, what the server does: the project's own clip goes through upload, thumbnails
 * and mail, and the terminal says where to look.
 *
 * @throws {LeveretError} `INTERNAL` when a step fails: then something is wrong with the installation.
 */
export async function showFirstStart(options: FirstStartOptions): Promise<void> {
  const { dataDir, mailFolder, url, apiKey, clip, always, clock, say } = options;
  const shown = join(dataDir, SHOWN_FILE);
  if (mailFolder === undefined || (!always && (await exists(shown)))) return;
  say('First start: sending a small clip through upload, thumbnails and mail …');
  const report = await runDemo({ url, ...(apiKey === undefined ? {} : { apiKey }), clip, clock });
  await writeFile(shown, '');
  say(`  video       ${report.videoUrl}`);
  say(`  thumbnails  ${report.thumbnailUrls[0] ?? ''} and ${report.thumbnailUrls.length - 1} more`);
  say(`  mail        ${join(mailFolder, `${report.mailJobId}.eml`)}`);
  say(`  took        ${(report.tookMs / 1_000).toFixed(1)} s from upload to mail`);
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
