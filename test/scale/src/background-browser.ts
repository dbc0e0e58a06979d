import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CHROMIUM_PATH, launchChromium } from '@leveret/browser';
import type { Browser } from 'playwright-core';

/** On Linux a session has a share of the processors that its processes divide by their priorities: the priority of both is the lowest. */
const SCRIPT = `#!/bin/sh
[ -w /proc/self/autogroup ] && echo 19 > /proc/self/autogroup
exec nice -n 19 ${CHROMIUM_PATH} "$@"
`;

/** Starts a browser that leaves the processors to the others: that of an operator runs on another machine. @param folder For a file of its own. */
export async function launchInBackground(folder: string): Promise<Browser> {
  const path = join(folder, 'background-chromium.sh');
  await writeFile(path, SCRIPT, { mode: 0o755 });
  return await launchChromium(path);
}
