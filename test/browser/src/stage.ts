import { makeFolder, type RunningServer, startStandalone } from '@leveret/e2e';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { launchChromium } from './chromium.ts';
import { type Gate, openGate } from './gate.ts';

/** What the tests of one file share: the whole application as a process, a browser, and the way between them. */
export interface Stage {
  readonly server: RunningServer;
  readonly browser: Browser;
  readonly gate: Gate;
  /** For files to be uploaded. */
  readonly folder: string;
}

/**
 * Prepares a stage for the tests of a `describe` block, and clears it after them.
 *
 * @param env Settings of the server.
 * @returns The stage, for use in tests.
 */
export function setStage(env: Readonly<Record<string, string>> = {}): () => Stage {
  const undo: (() => PromiseLike<void>)[] = [];
  let stage: Stage | undefined;

  beforeAll(async () => {
    const dataFolder = await makeFolder();
    undo.push(() => dataFolder[Symbol.asyncDispose]());
    const folder = await makeFolder();
    undo.push(() => folder[Symbol.asyncDispose]());
    const server = await startStandalone(dataFolder.path, env);
    undo.push(() => server[Symbol.asyncDispose]());
    const gate = await openGate(server.client.url);
    undo.push(() => gate[Symbol.asyncDispose]());
    const browser = await launchChromium();
    undo.push(() => browser.close());
    stage = { server, browser, gate, folder: folder.path };
  });

  afterAll(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });

  return () => {
    if (stage === undefined) throw new Error('the stage is set before the first test, not earlier');
    return stage;
  };
}
