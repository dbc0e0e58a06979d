import { readFileSync } from 'node:fs';
import { projectRoot, startApp } from '@leveret/testing/processes';
import { hasRabbitmq, openVhost, type TestVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';

/** Where nobody listens. */
const NOBODY = 'amqp://user:secret@127.0.0.1:1/jobs';

/** Runs `leveret` to its end. */
async function leveret(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  await using app = startApp({ entry: 'apps/cli/dist/main.js', args, env });
  const { code } = await app.exited;
  return { code, output: app.output() };
}

/** Runs `leveret` on a virtual host; it sees all. */
function leveretOn({ amqpUrl, apiUrl }: TestVhost, ...args: readonly string[]) {
  return leveret([...args, '--management-url', apiUrl], { LEVERET_AMQP_URL: amqpUrl });
}

/** Lets jobs expire: a problem that declaring cannot mend. */
const POLICY = { pattern: '^leveret\\.q\\.mail$', definition: { 'message-ttl': 60_000 } };

describe.skipIf(!hasRabbitmq())('leveret on a broker', () => {
  test('init declares everything and says what, again it has nothing to do, and the doctor is content', async () => {
    await using vhost = await openVhost();

    const first = await leveretOn(vhost, 'init');
    const again = await leveretOn(vhost, 'init');
    const doctor = await leveretOn(vhost, 'doctor');

    expect([first.code, again.code, doctor.code]).toEqual([0, 0, 0]);
    for (const entity of ['queue leveret.q.mail', 'queue leveret.q.video', 'queue leveret.delay.14.3'])
      expect(first.output).toContain(`\n  ${entity}\n`);
    expect(again.output).toBe('Nothing was missing.\n\nEverything is there.\n');
    expect(doctor.output).toMatch(/^0 problems, /m);
    expect(doctor.output).not.toContain('\u001b[');
  });

  test('a problem ends with 1 and is data with --json; --fix mends what is missing and leaves the rest', async () => {
    await using vhost = await openVhost();
    await vhost.management.setPolicy(vhost.name, 'house', POLICY);

    const before = await leveretOn(vhost, 'doctor', '--queue', 'mail', '--json');
    const fixed = await leveretOn(vhost, 'doctor', '--queue', 'mail', '--fix', '--json');

    expect([before.code, fixed.code]).toEqual([1, 1]);
    const report = JSON.parse(before.output);
    expect(report.findings).toContainEqual(
      expect.objectContaining({
        check: 'queue',
        severity: 'problem',
        about: 'leveret.q.mail',
        canFix: true,
        fix: expect.any(String),
      }),
    );
    const { healthy, counts, declared, findings } = JSON.parse(fixed.output);
    expect({ healthy, problems: counts.problem }).toEqual({ healthy: false, problems: 1 });
    expect(declared).toContain('queue leveret.q.mail');
    expect(findings.filter((finding: { severity: string }) => finding.severity === 'problem')).toMatchObject([
      { check: 'policy', about: 'leveret.q.mail', canFix: false },
    ]);
  });
});

test.each([
  ['a broker that does not answer', ['doctor'], { LEVERET_AMQP_URL: NOBODY }, /BROKER_UNAVAILABLE/],
  ['a broker that does not answer, for init', ['init', '--url', NOBODY], {}, /BROKER_UNAVAILABLE/],
  ['no broker', ['doctor'], {}, /CONFIG_INVALID.*--url/],
  ['jobs in a file', ['doctor'], { LEVERET_AMQP_URL: 'embedded:' }, /no RabbitMQ to look at/],
  ['a flag that there is not', ['doctor', '--mend'], { LEVERET_AMQP_URL: NOBODY }, /unknown option '--mend'/],
  ['a name that no queue has', ['init', '--queue', 'A queue'], { LEVERET_AMQP_URL: NOBODY }, /"A queue"/],
  [
    'an API that is none',
    ['doctor', '--management-url', 'x'],
    { LEVERET_AMQP_URL: NOBODY },
    /--management-url/,
  ],
])('with %s it ends with 2, says why, and keeps the password to itself', async (_, args, env, words) => {
  const { code, output } = await leveret(args, env as Readonly<Record<string, string>>);

  expect(code).toBe(2);
  expect(output).toMatch(words);
  expect(output).not.toContain('secret');
});

test('help has no password in it, and ends well', async () => {
  const { code, output } = await leveret(['doctor', '--help'], { LEVERET_AMQP_URL: NOBODY });

  expect(code).toBe(0);
  expect(output).toContain('Exit codes:');
  expect(output).not.toContain('secret');
});

test.each(['doctor', 'init'])('the page has the flags of %s, and no other', async (command) => {
  const page = readFileSync(`${projectRoot}docs/reference/doctor.md`, 'utf8');
  const rows = [...page.matchAll(/^\| `(--[a-z-]+)` \| (\S+) \|/gm)];

  const { output } = await leveret([command, '--help']);

  const own = rows.filter(([, , of]) => of === 'both' || of === `\`${command}\``).map(([, flag]) => flag);
  expect([...output.matchAll(/^ +(--[a-z-]+)/gm)].map(([, flag]) => flag)).toEqual(own);
});
