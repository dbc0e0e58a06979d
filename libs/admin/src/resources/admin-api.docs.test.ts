import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { jobCounts, jobPage, operationView } from '@leveret/http-contract/admin';
import { sampleEntry, sampleMessage } from '@leveret/testing';
import { expect, onTestFinished, test } from 'vitest';
import type * as z from 'zod';
import { serveAdmin } from '../../fixtures/serve-admin.ts';

/** Address and job of the examples. */
const EXAMPLE = { url: 'http://127.0.0.1:3000', jobId: '0198c0de-1111-7222-8333-0123456789ab' };

/** The curl commands of a page, each as one line. */
function commandsOf(page: string): readonly string[] {
  const text = readFileSync(new URL(`../../../../docs/reference/${page}`, import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block);
  const lines = blocks.flatMap((block) => block.replace(/\\\n\s*/g, '').split('\n'));
  return lines.filter((line) => line.startsWith('curl ') && line.includes('/v1/admin/'));
}

/** What a command answers, run as somebody would who has copied it. @throws when the answer is a refusal. */
async function run(command: string): Promise<string> {
  const quiet = command.replace(/^curl /, 'curl --silent --show-error --fail-with-body ');
  return (await promisify(execFile)('sh', ['-c', quiet])).stdout;
}

test('the commands of admin-api.md are answered as their routes are described', async () => {
  const { url } = await serveAdmin();
  const views: readonly z.ZodType[] = [jobPage, jobCounts, operationView];
  const commands = commandsOf('admin-api.md');

  expect(commands).toHaveLength(views.length);
  for (const [index, command] of commands.entries()) {
    const answer = await run(command.replace(EXAMPLE.url, url));
    expect(() => views[index]?.parse(JSON.parse(answer)), `${command}: ${answer}`).not.toThrow();
  }
});

test('the commands of live.md follow their streams', async () => {
  const { url, store } = await serveAdmin();
  const message = sampleMessage('mail');
  await store.accept([sampleEntry(message)]);
  const commands = commandsOf('live.md');

  expect(commands).toHaveLength(3);
  for (const command of commands) {
    const own = command.replace(EXAMPLE.url, url).replace(EXAMPLE.jobId, message.id);
    const child = spawn('sh', ['-c', `exec ${own.replace(/^curl /, 'curl --silent --fail-with-body ')}`]);
    onTestFinished(() => void child.kill());
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
    expect(chunk.toString(), command).toMatch(/^retry: \d+\n\n/);
    child.kill();
  }
});
