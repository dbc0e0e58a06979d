import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where the sample videos are: test data that is no part of the project. */
export function sampleMediaFolder(): string {
  return (
    process.env['LEVERET_SAMPLE_MEDIA'] ??
    fileURLToPath(new URL('../../../../../shared/media', import.meta.url))
  );
}

/** Whether the sample videos are there. Where not, the output says so. */
export function hasSampleMedia(): boolean {
  const folder = sampleMediaFolder();
  if (existsSync(folder)) return true;
  process.stderr.write(`SKIPPED: there is no sample media in ${folder}: set LEVERET_SAMPLE_MEDIA\n`);
  return false;
}
