import * as z from 'zod';
import { moment } from './common.ts';
import { ADMIN_ROLES, ADMIN_VERBS, type AdminVerb } from './verbs.ts';

/** Shortest and longest password, in characters. */
export const MIN_PASSWORD = 12;
/** Longest password, in characters. */
export const MAX_PASSWORD = 200;

/** Name of an account: letters in lower case, digits, and `.`, `_`, `@`, `-`. */
export const accountName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._@-]{0,63}$/, 'letters in lower case, digits, and . _ @ -');
/** What an account may do. */
export const adminRole = z.enum(ADMIN_ROLES);
const verb = z.enum(Object.keys(ADMIN_VERBS) as [AdminVerb, ...AdminVerb[]]);
const password = z.string().min(MIN_PASSWORD).max(MAX_PASSWORD);

/** Name and password. */
export const signInRequest = z
  .strictObject({ name: z.string().max(200), password: z.string().max(1_000) })
  .meta({ id: 'SignInRequest' });
/** One's own password, and the one that takes its place. */
export const passwordChange = z
  .strictObject({ password: z.string().max(1_000), newPassword: password })
  .meta({ id: 'PasswordChange' });

/** Who uses the page. */
export const sessionView = z
  .strictObject({
    name: z.string(),
    role: adminRole,
    verbs: z.array(verb),
    kind: z
      .enum(['account', 'key', 'local', 'host'])
      .describe(
        '`local`: this machine needs no login. `host`: the application that mounts the page decides.',
      ),
    expiresAt: moment.optional(),
    isLedgerAway: z
      .literal(true)
      .optional()
      .describe(
        'The ledger is away: the session reads what does not need it, and has its own role and verbs again when the ledger is back.',
      ),
  })
  .meta({ id: 'Session' });
/** Who uses the page. */
export type SessionView = z.infer<typeof sessionView>;

/** An account. */
export const accountView = z
  .strictObject({
    name: accountName,
    role: adminRole,
    createdAt: moment,
    lastSignInAt: moment.optional(),
    sessions: z.int().nonnegative(),
  })
  .meta({ id: 'Account' });
/** An account. */
export type AccountView = z.infer<typeof accountView>;
/** All accounts, by name. */
export const accountList = z.strictObject({ accounts: z.array(accountView) }).meta({ id: 'AccountList' });
/** All accounts. */
export type AccountListView = z.infer<typeof accountList>;
/** A new account. Without a password, one is generated. */
export const accountRequest = z
  .strictObject({ name: accountName, role: adminRole, password: password.optional() })
  .meta({ id: 'AccountRequest' });
/** What is changed of an account. */
export const accountChange = z
  .strictObject({
    role: adminRole.optional(),
    password: password.optional(),
    generatePassword: z.boolean().optional(),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined && value !== false), {
    error: 'nothing is changed: give a role, a password, or generatePassword',
  })
  .refine(({ password: given, generatePassword }) => given === undefined || generatePassword !== true, {
    error: 'a password is either given or generated',
  })
  .meta({ id: 'AccountChange' });
/** An account was created or changed; a generated password is shown once. */
export const accountReceipt = z
  .strictObject({ account: accountView, password: z.string().optional() })
  .meta({ id: 'AccountReceipt' });
/** An account was created or changed. */
export type AccountReceiptView = z.infer<typeof accountReceipt>;

/** An API key, without its secret. */
export const apiKeyView = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    role: adminRole,
    createdAt: moment,
    createdBy: z.string(),
    lastUsedAt: moment.optional(),
  })
  .meta({ id: 'ApiKey' });
/** An API key, without its secret. */
export type ApiKeyView = z.infer<typeof apiKeyView>;
/** All API keys that are valid. */
export const apiKeyList = z.strictObject({ keys: z.array(apiKeyView) }).meta({ id: 'ApiKeyList' });
/** All API keys that are valid. */
export type ApiKeyListView = z.infer<typeof apiKeyList>;
/** A new API key. At most two of one name are valid, so that one can replace the other. */
export const apiKeyRequest = z
  .strictObject({ name: accountName, role: adminRole })
  .meta({ id: 'ApiKeyRequest' });
/** A new API key; its secret is shown once. */
export const apiKeyReceipt = z
  .strictObject({ key: apiKeyView, secret: z.string() })
  .meta({ id: 'ApiKeyReceipt' });
/** A new API key. */
export type ApiKeyReceiptView = z.infer<typeof apiKeyReceipt>;

/** A session of an account. */
export const accountSession = z
  .strictObject({
    id: z.string(),
    account: z.string(),
    createdAt: moment,
    expiresAt: moment,
    address: z.string(),
    isThis: z.boolean(),
  })
  .meta({ id: 'AccountSession' });
/** Sessions that are valid. */
export const accountSessionList = z
  .strictObject({ sessions: z.array(accountSession) })
  .meta({ id: 'AccountSessionList' });
/** Sessions that are valid. */
export type AccountSessionListView = z.infer<typeof accountSessionList>;
