import type { Account } from '@leveret/core';
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
import {
  addPasswordFlag,
  choosePassword,
  type PasswordFlags,
  renderPassword,
  toPasswordJson,
} from './password.ts';

interface AddFlags extends ActionFlags, PasswordFlags {
  readonly role: AdminRole;
}

const ADD_HELP = `
Without --password-stdin a password is generated, and shown once.

Examples:
  leveret accounts add grace --role operator
  cat password.txt | leveret accounts add linus --role viewer --password-stdin
${ACCOUNT_EXIT_CODES}`;

const LIST_HELP = `
Examples:
  leveret accounts list
  leveret accounts list --json | jq -r '.accounts[] | select(.role == "admin") | .name'
${EXIT_CODES}`;

const RESET_HELP = `
Its sessions end. Without --password-stdin a password is generated, and shown once.

Examples:
  leveret accounts reset-password grace
${ACCOUNT_EXIT_CODES}`;

const ROLE_HELP = `
Its sessions go on with the new role. The last admin keeps its role.

Examples:
  leveret accounts set-role grace viewer
${ACCOUNT_EXIT_CODES}`;

const REMOVE_HELP = `
Its sessions end. The last admin cannot be removed.

Examples:
  leveret accounts remove grace --yes --reason 'has left'
${ACCOUNT_EXIT_CODES}`;

/** Adds `accounts add`, `list`, `reset-password`, `set-role` and `remove`. */
export function addAccountsCommands(program: Command, dependencies: AccountsDependencies): void {
  const accounts = program
    .command('accounts')
    .description('accounts of the dashboard: add, list, change, remove');
  addPasswordFlag(addActionFlags(accounts.command('add')))
    .description('add an account')
    .argument('<name>', 'letters in lower case, digits, and . _ @ -', toAccountName)
    .requiredOption('--role <role>', 'viewer, operator or admin', toRole)
    .addHelpText('after', ADD_HELP)
    .action((name: string, flags: AddFlags) => add(name, flags, dependencies));
  addLedgerFlags(accounts.command('list'))
    .description('list the accounts')
    .addHelpText('after', LIST_HELP)
    .action((flags: LedgerFlags) => list(flags, dependencies));
  addPasswordFlag(addActionFlags(accounts.command('reset-password')))
    .description('give an account a new password')
    .argument('<name>', 'its name', toAccountName)
    .addHelpText('after', RESET_HELP)
    .action((name: string, flags: ActionFlags & PasswordFlags) => resetPassword(name, flags, dependencies));
  addActionFlags(accounts.command('set-role'))
    .description('give an account another role')
    .argument('<name>', 'its name', toAccountName)
    .argument('<role>', 'viewer, operator or admin', toRole)
    .addHelpText('after', ROLE_HELP)
    .action((name: string, role: AdminRole, flags: ActionFlags) => setRole(name, role, flags, dependencies));
  addYesFlag(addActionFlags(accounts.command('remove')))
    .description('remove an account')
    .argument('<name>', 'its name', toAccountName)
    .addHelpText('after', REMOVE_HELP)
    .action((name: string, flags: DestroyFlags) => remove(name, flags, dependencies));
}

async function add(name: string, flags: AddFlags, dependencies: AccountsDependencies): Promise<void> {
  const { role, reason, database, json } = flags;
  const password = await choosePassword(flags, dependencies);
  await withAccounts(database, dependencies, async (accounts) => {
    const account = await accounts.addAccount({ name, role, passwordHash: password.hash }, authorOf(reason));
    if (json)
      return dependencies.print(
        JSON.stringify({ account: withMoments(account), ...toPasswordJson(password) }),
      );
    dependencies.print([`${name} added as ${role}`, ...renderPassword(password)].join('\n'));
  });
}

async function list({ database, json }: LedgerFlags, dependencies: AccountsDependencies): Promise<void> {
  const { print, clock } = dependencies;
  await withAccounts(database, dependencies, async (store) => {
    const accounts = await store.accounts();
    if (json) return print(JSON.stringify({ accounts: accounts.map(withMoments) }));
    print(accounts.length === 0 ? 'No accounts.' : renderAccounts(accounts, clock.now()));
  });
}

async function resetPassword(
  name: string,
  flags: ActionFlags & PasswordFlags,
  dependencies: AccountsDependencies,
): Promise<void> {
  const { reason, database, json } = flags;
  const password = await choosePassword(flags, dependencies);
  await withAccounts(database, dependencies, async (accounts) => {
    const account = await accounts.changeAccount(name, { passwordHash: password.hash }, authorOf(reason));
    if (json)
      return dependencies.print(
        JSON.stringify({ account: withMoments(account), ...toPasswordJson(password) }),
      );
    const words = `${name} has a new password, and its sessions have ended`;
    dependencies.print([words, ...renderPassword(password)].join('\n'));
  });
}

async function setRole(
  name: string,
  role: AdminRole,
  { reason, database, json }: ActionFlags,
  dependencies: AccountsDependencies,
): Promise<void> {
  await withAccounts(database, dependencies, async (accounts) => {
    const account = await accounts.changeAccount(name, { role }, authorOf(reason));
    dependencies.print(json ? JSON.stringify({ account: withMoments(account) }) : `${name} is ${role}`);
  });
}

async function remove(name: string, flags: DestroyFlags, dependencies: AccountsDependencies): Promise<void> {
  const { reason, database, json } = flags;
  if (!(await isWanted(`remove account ${name}`, flags, dependencies))) return;
  await withAccounts(database, dependencies, async (accounts) => {
    await accounts.removeAccount(name, authorOf(reason));
    dependencies.print(json ? JSON.stringify({ removed: name }) : `${name} removed`);
  });
}

function renderAccounts(accounts: readonly Account[], now: number): string {
  const rows = accounts.map(({ name, role, createdAt, lastSignInAt, sessionCount }) => [
    name,
    role,
    toDistance(createdAt, now),
    lastSignInAt === undefined ? 'never' : toDistance(lastSignInAt, now),
    String(sessionCount),
  ]);
  const head = ['account', 'role', 'created', 'last sign-in', 'sessions'];
  return renderTable(head, rows, ['left', 'left', 'left', 'left', 'right']);
}
