import { readFileSync } from 'node:fs';
import { LIVE_EVENTS } from '@leveret/http-contract/admin';
import { fastify } from 'fastify';
import { expect, test } from 'vitest';
import { liveRoutes } from './live-routes.ts';

const page = readFileSync(new URL('../../../../docs/reference/live.md', import.meta.url), 'utf8');

/** What stands in the first column of a table, in backquotes. */
function firstCells(head: string): readonly string[] {
  const [table = ''] = page.slice(page.indexOf(`| ${head} |`)).split('\n\n');
  return [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, cell = '']) => cell);
}

test('docs/reference/live.md has every event', () => {
  expect([...firstCells('event')].sort()).toEqual(Object.keys(LIVE_EVENTS).sort());
});

test('docs/reference/live.md has every stream', async () => {
  const paths: string[] = [];
  const app = fastify();
  app.addHook('onRoute', ({ method, url }) => void paths.push(`${String(method)} ${url}`));
  await app.register(liveRoutes, {
    prefix: '/v1/admin',
    live: { followOverview() {}, followJob() {}, followList() {}, close() {} },
    reader: { get: async () => undefined },
    clock: { now: () => 0, monotonic: () => 0, schedule: () => () => undefined },
  });

  expect(paths).toEqual([...firstCells('stream')]);
});
