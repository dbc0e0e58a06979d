import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, messageOf } from '@leveret/core';
import { runDemo } from './demo.ts';

/** Its presence in the data folder says that the demonstration was shown. */
const SHOWN_FILE = 'demo-shown';

/** What a demonstration needs to know. */
export interface ShowOptions {
  readonly dataDir: string;
  /** Where captured mails lie; absent when mail really goes out, and then there is no demonstration. */
  readonly mailFolder: string | undefined;
  readonly url: string;
  readonly apiKey?: string;
  readonly clip: string;
  readonly clock: Clock;
  /** Takes a line for the person at the terminal. */
  readonly say: (line: string) => void;
  /** Cuts the demonstration off. */
  readonly signal: AbortSignal;
}

/**
 * Shows, on the first start in a data folder, what the server does: the project's own clip goes through upload, thumbnails
 * and mail, and the terminal says where to look. It is shown once, whether it goes well or not: when it fails, that is said
 * and the server goes on. Never rejects; one that is cut off says nothing.
 */
export async function showFirstStart(options: ShowOptions): Promise<void> {
  const { dataDir, mailFolder, signal, say } = options;
  if (mailFolder === undefined || (await wasShown(dataDir))) return;
  try {
    await show(options, mailFolder);
  } catch (error) {
    if (signal.aborted) return;
    say(`  The clip did not come through: ${messageOf(error)}`);
    say('  The server runs all the same. "npm start -- --once" sends the clip again.');
  }
}

/**
 * Sends the clip whether it was shown before or not.
 *
 * @throws {LeveretError} `INTERNAL` when a step fails: then something is wrong with the installation.
 */
export async function showAgain(options: ShowOptions): Promise<void> {
  if (options.mailFolder !== undefined) await show(options, options.mailFolder);
}

async function show(options: ShowOptions, mailFolder: string): Promise<void> {
  const { dataDir, say, ...demo } = options;
  const clip = 'a small clip through upload, thumbnails and mail …';
  say((await wasShown(dataDir)) ? `Sending ${clip}` : `First start: sending ${clip}`);
  await writeFile(join(dataDir, SHOWN_FILE), '');
  const report = await runDemo(demo);
  say(`  video       ${report.videoUrl}`);
  say(`  thumbnails  ${report.thumbnailUrls[0] ?? ''} and ${report.thumbnailUrls.length - 1} more`);
  say(`  mail        ${join(mailFolder, `${report.mailJobId}.eml`)}`);
  say(`  took        ${(report.tookMs / 1_000).toFixed(1)} s from upload to mail`);
}

async function wasShown(dataDir: string): Promise<boolean> {
  return await access(join(dataDir, SHOWN_FILE)).then(
    () => true,
    () => false,
  );
}
