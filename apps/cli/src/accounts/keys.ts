import { generateApiKey } from '@leveret/admin/credentials';
import type { ApiKey } from '@leveret/core';
import type { AdminRole } from '@leveret/http-contract/admin';
import type { Command } from 'commander';
import { authorOf } from '../control/author.ts';
import { type ActionFlags, addActionFlags } from '../control/flags.ts';
import { addLedgerFlags, EXIT_CODES, type LedgerFlags } from '../ledger/flags.ts';
import { withMoments } from '../ledger/moments.ts';
import { renderTable } from '../ledger/table.ts';
import { toDistance } from '../ledger/words.ts';
import {
  ACCOUNT_EXIT_CODES,
  type AccountsDependencies,
  addYesFlag,
  type DestroyFlags,
  isWanted,
  toAccountName,
  toRole,
  withAccounts,
} from './dependencies.ts';

interface CreateFlags extends ActionFlags {
  readonly role: AdminRole;
}

const CREATE_HELP = `
The key is shown once. At most two keys of one name are valid: create the second, use it everywhere, then revoke the first.

Examples:
  leveret keys create deploy --role operator
  leveret keys create deploy --role operator --json | jq -r .secret
${ACCOUNT_EXIT_CODES}`;

const LIST_HELP = `
Examples:
  leveret keys list
  leveret keys list --json | jq -r '.keys[] | select(.lastUsedAt == null) | .id'
${EXIT_CODES}`;

const REVOKE_HELP = `
Running processes refuse it within 10 seconds.

Examples:
  leveret keys revoke 0123456789ab --yes
${ACCOUNT_EXIT_CODES}`;

/** Adds `keys create`, `keys list` and `keys revoke`. */
export function addKeysCommands(program: Command, dependencies: AccountsDependencies): void {
  const keys = program.command('keys').description('API keys of the admin API: create, list, revoke');
  addActionFlags(keys.command('create'))
    .description('create an API key')
    .argument('<name>', 'letters in lower case, digits, and . _ @ -', toAccountName)
    .requiredOption('--role <role>', 'viewer, operator or admin', toRole)
    .addHelpText('after', CREATE_HELP)
    .action((name: string, flags: CreateFlags) => create(name, flags, dependencies));
  addLedgerFlags(keys.command('list'))
    .description('list the keys that are valid')
    .addHelpText('after', LIST_HELP)
    .action((flags: LedgerFlags) => list(flags, dependencies));
  addYesFlag(addActionFlags(keys.command('revoke')))
    .description('revoke a key')
    .argument('<id>', 'its id: leveret keys list shows it')
    .addHelpText('after', REVOKE_HELP)
    .action((id: string, flags: DestroyFlags) => revoke(id, flags, dependencies));
}

async function create(
  name: string,
  { role, reason, database, json }: CreateFlags,
  dependencies: AccountsDependencies,
): Promise<void> {
  const { print } = dependencies;
  await withAccounts(database, dependencies, async (accounts) => {
    const { id, secret, hash } = generateApiKey();
    const key = await accounts.addApiKey({ id, name, role, hash }, authorOf(reason));
    if (json) return print(JSON.stringify({ key: withMoments(key), secret }));
    print(
      [`key ${id} created for ${name} as ${role}`, `key: ${secret}`, 'It is not shown again.'].join('\n'),
    );
  });
}

async function list({ database, json }: LedgerFlags, dependencies: AccountsDependencies): Promise<void> {
  const { print, clock } = dependencies;
  await withAccounts(database, dependencies, async (accounts) => {
    const keys = await accounts.apiKeys();
    if (json) return print(JSON.stringify({ keys: keys.map(withMoments) }));
    print(keys.length === 0 ? 'No API keys.' : renderKeys(keys, clock.now()));
  });
}

async function revoke(id: string, flags: DestroyFlags, dependencies: AccountsDependencies): Promise<void> {
  const { reason, database, json } = flags;
  if (!(await isWanted(`revoke key ${id}`, flags, dependencies))) return;
  await withAccounts(database, dependencies, async (accounts) => {
    await accounts.revokeApiKey(id, authorOf(reason));
    dependencies.print(json ? JSON.stringify({ revoked: id }) : `${id} revoked`);
  });
}

function renderKeys(keys: readonly ApiKey[], now: number): string {
  const rows = keys.map(({ id, name, role, createdAt, createdBy, lastUsedAt }) => [
    id,
    name,
    role,
    toDistance(createdAt, now),
    createdBy,
    lastUsedAt === undefined ? 'never' : toDistance(lastUsedAt, now),
  ]);
  return renderTable(['key', 'name', 'role', 'created', 'by', 'last used'], rows);
}
