import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '@leveret/testing/processes';
import { beforeAll, describe, expect, test } from 'vitest';

const CONFIG = '.dependency-cruiser.cjs';
const { forbidden } = createRequire(import.meta.url)(`${projectRoot}${CONFIG}`) as {
  readonly forbidden: readonly { readonly name: string }[];
};

/** An import that must be refused: in which folder, of what, and by which rule. */
interface Plant {
  readonly folder: string;
  readonly imports: string;
  readonly rule: string;
}

/** At least one for every rule but that against cycles. */
const PLANTS: readonly Plant[] = [
  { folder: 'libs/core/src/', imports: 'node:fs', rule: 'core-is-pure' },
  { folder: 'libs/core/src/', imports: 'zod', rule: 'core-is-pure' },
  { folder: 'libs/core/src/', imports: '../../client/src/index.ts', rule: 'core-imports-inwards' },
  { folder: 'libs/client/src/', imports: '@leveret/rabbitmq', rule: 'client-imports-inwards' },
  { folder: 'libs/worker/src/', imports: '@leveret/client', rule: 'worker-imports-inwards' },
  { folder: 'libs/recorder/src/', imports: '@leveret/sqlite', rule: 'recorder-imports-inwards' },
  { folder: 'libs/control/src/', imports: '@leveret/sqlite', rule: 'control-imports-inwards' },
  { folder: 'libs/observability/src/', imports: '@leveret/config', rule: 'observability-imports-inwards' },
  { folder: 'libs/rabbitmq/src/', imports: '@leveret/sqlite', rule: 'rabbitmq-imports-inwards' },
  { folder: 'libs/sqlite/src/', imports: '@leveret/jobs', rule: 'sqlite-imports-inwards' },
  { folder: 'libs/storage/src/', imports: '@leveret/http', rule: 'storage-imports-inwards' },
  { folder: 'libs/jobs/src/', imports: '@leveret/mail', rule: 'jobs-imports-inwards' },
  { folder: 'libs/video/src/', imports: '@leveret/storage', rule: 'video-imports-inwards' },
  { folder: 'libs/mail/src/', imports: '@leveret/worker', rule: 'mail-imports-inwards' },
  { folder: 'libs/http/src/', imports: '@leveret/worker', rule: 'http-imports-inwards' },
  { folder: 'libs/admin/src/', imports: '@leveret/sqlite', rule: 'admin-imports-inwards' },
  { folder: 'libs/http-contract/src/', imports: '@leveret/http', rule: 'http-contract-imports-inwards' },
  { folder: 'libs/config/src/', imports: '@leveret/rabbitmq', rule: 'config-imports-inwards' },
  { folder: 'libs/testing/src/', imports: '@leveret/rabbitmq', rule: 'testing-imports-inwards' },
  { folder: 'libs/rabbitmq/src/', imports: 'amqplib', rule: 'amqplib-has-one-home' },
  { folder: 'libs/client/src/', imports: 'amqplib', rule: 'amqplib-has-one-home' },
  { folder: 'libs/sqlite/src/', imports: 'libsql', rule: 'libsql-has-one-home' },
  { folder: 'libs/jobs/src/', imports: 'nodemailer', rule: 'nodemailer-has-one-home' },
  { folder: 'libs/http/src/', imports: 'sharp', rule: 'sharp-has-one-home' },
  { folder: 'libs/video/src/', imports: 'node-av', rule: 'node-av-has-one-home' },
  { folder: 'apps/api/src/', imports: 'pino', rule: 'pino-has-one-home' },
  { folder: 'apps/cli/src/', imports: '@leveret/rabbitmq', rule: 'only-wiring-names-a-driver' },
  { folder: 'apps/api/src/', imports: '@leveret/video', rule: 'the-api-runs-no-handler' },
  { folder: 'apps/api/src/', imports: '../../worker/src/index.ts', rule: 'the-api-runs-no-handler' },
  { folder: 'libs/client/src/', imports: './index.ts', rule: 'nobody-imports-its-own-index' },
  { folder: 'libs/core/src/', imports: './job/ids.test.ts', rule: 'tests-are-not-imported' },
  { folder: 'libs/core/src/', imports: './nowhere.ts', rule: 'everything-resolves' },
];

/** Packages of others that are planted: their names are all that matters. */
const VENDORS = ['amqplib', 'libsql', 'nodemailer', 'sharp', 'node-av', 'pino', 'zod'];
const CYCLE = ['libs/core/src/cycle-one.ts', 'libs/core/src/cycle-other.ts'] as const;

function plantedFile({ folder }: Plant, index: number): string {
  return `${folder}plant-${index}.ts`;
}

/** A copy of the project with every plant in it, and packages that lie inside the copy. */
async function copyAndPlant(copy: string): Promise<void> {
  const isSource = (path: string) => !/\/(node_modules|dist)(\/|$)/.test(path);
  for (const part of ['libs', 'apps', 'package.json', CONFIG])
    await cp(join(projectRoot, part), join(copy, part), { recursive: true, filter: isSource });
  await mkdir(join(copy, 'node_modules', '@leveret'), { recursive: true });
  for (const name of await readdir(join(copy, 'libs')))
    await symlink(join(copy, 'libs', name), join(copy, 'node_modules', '@leveret', name));
  for (const name of VENDORS) {
    await mkdir(join(copy, 'node_modules', name));
    await writeFile(
      join(copy, 'node_modules', name, 'package.json'),
      JSON.stringify({ name, main: 'index.js' }),
    );
    await writeFile(join(copy, 'node_modules', name, 'index.js'), '');
  }
  await Promise.all(
    PLANTS.map((plant, index) =>
      writeFile(join(copy, plantedFile(plant, index)), `import '${plant.imports}';\n`),
    ),
  );
  await writeFile(join(copy, CYCLE[0]), `import './cycle-other.ts';\n`);
  await writeFile(join(copy, CYCLE[1]), `import './cycle-one.ts';\n`);
}

/** The names of the rules that each file breaks. */
function checkBoundaries(copy: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const program = join(projectRoot, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [program, `--config=${CONFIG}`, '--output-type=json', 'libs', 'apps'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: copy, maxBuffer: 64_000_000 }, (_refused, output, complaint) => {
      if (output === '') return reject(new Error(complaint));
      const { summary } = JSON.parse(output) as {
        readonly summary: {
          readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[];
        };
      };
      const rulesByFile = new Map<string, string[]>();
      for (const { from, rule } of summary.violations)
        rulesByFile.set(from, [...(rulesByFile.get(from) ?? []), rule.name]);
      resolve(rulesByFile);
    });
  });
}

let rulesByFile: ReadonlyMap<string, readonly string[]>;
beforeAll(async () => {
  const copy = await mkdtemp(join(tmpdir(), 'leveret-boundaries-'));
  try {
    await copyAndPlant(copy);
    rulesByFile = await checkBoundaries(copy);
  } finally {
    await rm(copy, { recursive: true });
  }
});

describe('a forbidden import is refused', () => {
  test.each(PLANTS.map((plant, index) => ({ ...plant, file: plantedFile(plant, index) })))(
    '$imports in $folder, by $rule',
    ({ file, rule }) => {
      expect(rulesByFile.get(file) ?? []).toContain(rule);
    },
  );

  test('two files that import each other, by no-cycles', () => {
    expect(CYCLE.flatMap((file) => rulesByFile.get(file) ?? [])).toContain('no-cycles');
  });
});

test('every rule is seen to bite', () => {
  const seen = new Set(['no-cycles', ...PLANTS.map(({ rule }) => rule)]);

  expect(forbidden.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([]);
});

test('nothing that was not planted is refused in the libraries', () => {
  const others = [...rulesByFile.entries()].filter(
    ([file]) => !/(plant-\d+|cycle-(one|other))\.ts$/.test(file),
  );
  // The copy has none of the packages of others but those that are planted.
  const refused = others.filter(([, rules]) => rules.some((rule) => rule !== 'everything-resolves'));

  expect(refused).toEqual([]);
});
