import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiKeysSetting } from '@leveret/config';
import { projectRoot } from '@leveret/testing/processes';
import { describe, expect, test } from 'vitest';

interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

async function run(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Outcome> {
  const child = spawn(command, args, { env: { PATH: process.env['PATH'], ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

/** A copy of the script where it may write. */
async function makeFolder() {
  const root = await mkdtemp(join(tmpdir(), 'leveret-docker-'));
  const folder = join(root, 'docker');
  await mkdir(folder);
  await copyFile(join(projectRoot, 'docker/make-env.sh'), join(folder, 'make-env.sh'));
  return {
    folder,
    env: join(folder, '.env'),
    makeEnv: () => run('sh', [join(folder, 'make-env.sh')]),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

async function readEnv(path: string): Promise<Readonly<Record<string, string>>> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => /^[A-Z]/.test(line));
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/, 2) as [string, string]));
}

describe('make-env.sh', () => {
  test('writes secrets that the applications take, for its owner alone', async () => {
    await using place = await makeFolder();

    const { code, output } = await place.makeEnv();
    const { RABBITMQ_PASSWORD = '', LEVERET_API_KEYS = '', ...others } = await readEnv(place.env);

    expect(code, output).toBe(0);
    expect((await stat(place.env)).mode & 0o777).toBe(0o600);
    expect(RABBITMQ_PASSWORD).toMatch(/^[0-9a-f]{64}$/);
    expect(apiKeysSetting.parse(LEVERET_API_KEYS)).toEqual([LEVERET_API_KEYS]);
    expect(LEVERET_API_KEYS).not.toBe(RABBITMQ_PASSWORD);
    expect(others).toEqual({});
    expect(output).not.toContain(LEVERET_API_KEYS);
    expect((await readdir(place.folder)).sort()).toEqual(['.env', 'make-env.sh']);
  });

  test('makes up new ones in every place', async () => {
    await using one = await makeFolder();
    await using other = await makeFolder();

    await Promise.all([one.makeEnv(), other.makeEnv()]);

    expect(await readEnv(one.env)).not.toEqual(await readEnv(other.env));
  });

  test('leaves a file alone that is there', async () => {
    await using place = await makeFolder();
    await writeFile(place.env, 'LEVERET_API_KEYS=mine\n');

    const { code, output } = await place.makeEnv();

    expect([code, await readFile(place.env, 'utf8')]).toEqual([0, 'LEVERET_API_KEYS=mine\n']);
    expect(output).toContain('stays as it is');
  });

  test('started twice at once, writes one file and leaves no draft', async () => {
    await using place = await makeFolder();

    const outcomes = await Promise.all([place.makeEnv(), place.makeEnv(), place.makeEnv()]);

    expect(outcomes.some(({ code }) => code === 0)).toBe(true);
    expect(Object.keys(await readEnv(place.env))).toEqual(['RABBITMQ_PASSWORD', 'LEVERET_API_KEYS']);
    expect((await readdir(place.folder)).sort()).toEqual(['.env', 'make-env.sh']);
  });

  test('writes what git does not take', async () => {
    const { code } = await run('git', ['-C', projectRoot, 'check-ignore', '--quiet', 'docker/.env']);

    expect(code).toBe(0);
  });
});

describe('healthcheck.mjs', () => {
  const script = join(projectRoot, 'docker/healthcheck.mjs');

  async function ask(answer: RequestListener, question = 'ready'): Promise<Outcome> {
    const server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      return await run(process.execPath, [script, 'HEALTH_PORT', question], { HEALTH_PORT: String(port) });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  test.each(['live', 'ready'])(
    'is content with a server that is %s, and says what it said',
    async (question) => {
      const { code, output } = await ask((request, response) => {
        response.writeHead(request.url === `/health/${question}` ? 200 : 404).end('{"status":"ok"}');
      }, question);

      expect([code, output]).toEqual([0, '200 {"status":"ok"}\n']);
    },
  );

  test('is not content with a server that is not ready', async () => {
    const { code, output } = await ask((_request, response) => {
      response.writeHead(503).end('{"status":"unavailable"}');
    });

    expect([code, output]).toEqual([1, '503 {"status":"unavailable"}\n']);
  });

  test('does not wait for ever for a server that says nothing', async () => {
    const { code, output } = await ask(() => undefined);

    expect(code).toBe(1);
    expect(output).toContain('timeout');
  });

  test('says where nobody answers', async () => {
    const { code, output } = await run(process.execPath, [script, 'HEALTH_PORT', 'live'], {
      HEALTH_PORT: '9',
    });

    expect(code).toBe(1);
    expect(output).toContain('http://127.0.0.1:9/health/live');
  });
});
