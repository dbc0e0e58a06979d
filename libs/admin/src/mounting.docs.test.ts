import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createApp } from '../fixtures/mounted-app.ts';

const page = readFileSync(new URL('../../../docs/mount-the-dashboard.md', import.meta.url), 'utf8');
const source = readFileSync(new URL('../fixtures/mounted-app.ts', import.meta.url), 'utf8');

test('the app of mount-the-dashboard.md is the one that runs here', () => {
  expect(page).toContain(`\`\`\`ts\n${source}\`\`\``);
});

test('it lets in those whom its own login knows, and refuses what its own rules forbid', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-admin-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const app = await createApp(join(folder, 'leveret.db'));
  onTestFinished(() => app.close());
  const headers = { host: 'localhost', 'x-user': 'ann' };
  const pause = (queue: string) =>
    app.inject({ method: 'POST', url: `/ops/v1/admin/queues/${queue}/pause`, headers });

  const stranger = await app.inject({ url: '/ops/v1/admin/session', headers: { host: 'localhost' } });
  const session = await app.inject({ url: '/ops/v1/admin/session', headers });
  const billing = await pause('billing');
  const other = await pause('mail');

  expect(stranger.statusCode).toBe(401);
  expect(session.json()).toMatchObject({ name: 'ann', role: 'operator', kind: 'host' });
  expect(billing.json()).toMatchObject({ code: 'FORBIDDEN' });
  expect(other.json()).toMatchObject({ code: 'QUEUE_NOT_FOUND' });
  expect((await app.inject({ url: '/ops/admin', headers })).headers['content-type']).toContain('text/html');
});
