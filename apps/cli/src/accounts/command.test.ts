import { hostname, userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { openControlBench } from '../../fixtures/control-bench.ts';

const ME = `${userInfo().username}@${hostname()}`;
const PASSWORD = 'correct horse battery';

test('an account is added with a generated password, listed, given another role and removed', async () => {
  await using bench = await openControlBench();
  const accounts = (...args: string[]) => bench.run(['accounts', ...args]);

  const none = await accounts('list');
  const added = await accounts('add', 'grace', '--role', 'admin', '--reason', 'new here');
  const list = await accounts('list');
  await accounts('add', 'linus', '--role', 'admin', '--json');
  const changed = await accounts('set-role', 'linus', 'viewer');
  const removed = await accounts('remove', 'linus', '--yes');
  const json = await accounts('list', '--json');

  expect(none).toMatchObject({ code: 0, output: 'No accounts.\n' });
  expect(added.output).toMatch(/^grace added as admin\npassword: \w{20}\nIt is not shown again\.\n$/);
  expect(list.output).toMatch(
    /^account +role +created +last sign-in +sessions\ngrace +admin +(now|\d+ seconds? ago) +never +0\n$/,
  );
  expect(changed).toMatchObject({ code: 0, output: 'linus is viewer\n' });
  expect(removed).toMatchObject({ code: 0, output: 'linus removed\n' });
  expect(JSON.parse(json.output)).toEqual({
    accounts: [{ name: 'grace', role: 'admin', createdAt: expect.stringMatching(/Z$/), sessionCount: 0 }],
  });
  expect(await bench.store.audit({ limit: 10 })).toMatchObject([
    { by: ME, action: 'remove-account', subject: 'linus' },
    { by: ME, action: 'change-role', subject: 'linus', detail: 'admin to viewer' },
    { by: ME, action: 'add-account', subject: 'linus' },
    { by: ME, action: 'add-account', subject: 'grace', reason: 'new here' },
  ]);
});

test('a password is generated anew or read from standard input, and its hash alone is kept', async () => {
  await using bench = await openControlBench();
  const hashOf = async () => (await bench.accounts.findAccount('grace'))?.passwordHash;
  const readsInput = ['accounts', 'add', 'grace', '--role', 'viewer', '--password-stdin'];

  const short = await bench.run(readsInput, { input: 'short\n' });
  const given = await bench.run(readsInput, { input: `${PASSWORD}\n` });
  const first = await hashOf();
  const reset = await bench.run(['accounts', 'reset-password', 'grace', '--json']);

  expect(short).toMatchObject({ code: 2, told: expect.stringContaining('12 to 200 characters') });
  expect(given).toMatchObject({ code: 0, output: 'grace added as viewer\n' });
  expect(JSON.parse(reset.output)).toMatchObject({
    account: { name: 'grace', role: 'viewer' },
    password: expect.stringMatching(/^\w{20}$/),
  });
  expect(first).toMatch(/^scrypt:/);
  expect(await hashOf()).not.toBe(first);
});

test('what destroys is asked first', async () => {
  await using bench = await openControlBench();
  await bench.run(['accounts', 'add', 'ada', '--role', 'admin']);
  await bench.run(['accounts', 'add', 'grace', '--role', 'viewer']);
  const remove = ['accounts', 'remove', 'grace'];

  const unasked = await bench.run(remove);
  const refused = await bench.run(remove, { answers: 'n\n' });
  const before = await bench.accounts.findAccount('grace');
  const wanted = await bench.run(remove, { answers: 'y\n' });

  expect(unasked).toMatchObject({ code: 2, told: expect.stringContaining('Repeat it with --yes') });
  expect(refused).toMatchObject({ code: 1, output: '', told: expect.stringContaining('Nothing was done.') });
  expect(before).toBeDefined();
  expect(wanted).toMatchObject({ code: 0, output: 'grace removed\n' });
});

test('what cannot be is refused, and says why', async () => {
  await using bench = await openControlBench();

  for (const [line, words] of [
    ['accounts add Grace --role viewer', /must be letters in lower case/],
    ['accounts add grace --role root', /must be one of viewer, operator, admin/],
    ['accounts add grace', /required option '--role/],
    ['accounts add grace secret --role viewer', /too many arguments/],
    ['accounts set-role grace viewer', /ACCOUNT_NOT_FOUND/],
    ['accounts remove grace --yes', /ACCOUNT_NOT_FOUND/],
    ['keys revoke no-such-key --yes', /API_KEY_NOT_FOUND/],
  ] as const)
    expect(await bench.run(line.split(' ')), line).toMatchObject({
      code: 2,
      output: '',
      told: expect.stringMatching(words),
    });
});

test('the last admin is kept', async () => {
  await using bench = await openControlBench();
  await bench.run(['accounts', 'add', 'ada', '--role', 'admin']);

  const removed = await bench.run(['accounts', 'remove', 'ada', '--yes']);
  const changed = await bench.run(['accounts', 'set-role', 'ada', 'viewer']);

  expect([removed.told, changed.told]).toEqual([
    expect.stringContaining('LAST_ADMIN'),
    expect.stringContaining('LAST_ADMIN'),
  ]);
});

test('a key is created, replaced by a second one of its name, and revoked', async () => {
  await using bench = await openControlBench();
  const keys = (...args: string[]) => bench.run(['keys', ...args]);

  const none = await keys('list');
  const created = await keys('create', 'deploy', '--role', 'operator', '--json');
  const second = await keys('create', 'deploy', '--role', 'operator');
  const third = await keys('create', 'deploy', '--role', 'operator');
  const { key, secret } = JSON.parse(created.output);
  const list = await keys('list');
  const revoked = await keys('revoke', key.id, '--yes', '--reason', 'replaced');
  const json = await keys('list', '--json');

  expect(none.output).toBe('No API keys.\n');
  expect(secret).toMatch(new RegExp(`^lev_${key.id}_[\\w-]{43}$`));
  expect(second.output).toMatch(
    /^key [0-9a-f]{12} created for deploy as operator\nkey: lev_\S+\nIt is not shown again\.\n$/,
  );
  expect(third).toMatchObject({ code: 2, told: expect.stringContaining('API_KEY_LIMIT') });
  expect(list.output).toMatch(new RegExp(`^${key.id} +deploy +operator +.+ +${ME} +never$`, 'm'));
  expect(list.output).not.toContain('lev_');
  expect(revoked).toMatchObject({ code: 0, output: `${key.id} revoked\n` });
  expect(JSON.parse(json.output).keys).toHaveLength(1);
  expect(await bench.store.audit({ limit: 1 })).toMatchObject([
    { by: ME, reason: 'replaced', action: 'revoke-key', subject: 'deploy', detail: key.id },
  ]);
});
