import {
  type AccountRole,
  type ApiKey,
  KEY_USE_EVERY_MS,
  MAX_KEYS_OF_A_NAME,
  type NewApiKey,
} from '@leveret/core';
import type { SqlConnection, SqlRow } from '../../file/libsql.ts';
import type { Audit } from '../control/audit.ts';
import type { AccountOutcome, Stamp } from './account-outcome.ts';

const COLUMNS = 'id, name, role, created_at, created_by, last_used_at, hash';

/** The operations on API keys. */
export function createApiKeyOperations(connection: SqlConnection, audit: Pick<Audit, 'add'>) {
  const list = connection.prepare(`SELECT ${COLUMNS} FROM api_key ORDER BY name, created_at, id`);
  const find = connection.prepare(`SELECT ${COLUMNS} FROM api_key WHERE id = ?`);
  const count = connection.prepare('SELECT count(*) FROM api_key WHERE name = ?');
  const insert = connection.prepare(
    'INSERT INTO api_key (id, name, role, hash, created_at, created_by) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const remove = connection.prepare('DELETE FROM api_key WHERE id = ?');
  const noteUse = connection.prepare(
    `UPDATE api_key SET last_used_at = ?2
       WHERE id = ?1 AND (last_used_at IS NULL OR abs(?2 - last_used_at) >= ${KEY_USE_EVERY_MS})`,
  );

  return {
    apiKeys: (): readonly ApiKey[] => list.all().map(toApiKey),
    findApiKey(id: string) {
      const row = find.get(id);
      return row === undefined ? undefined : { ...toApiKey(row), hash: String(row[6]) };
    },
    addApiKey({ id, name, role, hash }: NewApiKey, stamp: Stamp): AccountOutcome<ApiKey> {
      if (Number(count.get(name)?.[0]) >= MAX_KEYS_OF_A_NAME) return { refused: 'API_KEY_LIMIT' };
      insert.run(id, name, role, hash, stamp.at, stamp.by);
      audit.add({ ...stamp, action: 'create-key', subject: name, detail: `${id}: ${role}` });
      return { done: { id, name, role, createdAt: stamp.at, createdBy: stamp.by } };
    },
    revokeApiKey(id: string, stamp: Stamp): AccountOutcome<undefined> {
      const row = find.get(id);
      if (row === undefined) return { refused: 'API_KEY_NOT_FOUND' };
      remove.run(id);
      audit.add({ ...stamp, action: 'revoke-key', subject: toApiKey(row).name, detail: id });
      return { done: undefined };
    },
    noteApiKeyUse(id: string, at: number): void {
      noteUse.run(id, at);
    },
  };
}

function toApiKey([id, name, role, createdAt, createdBy, lastUsedAt]: SqlRow): ApiKey {
  return {
    id: String(id),
    name: String(name),
    role: String(role) as AccountRole,
    createdAt: Number(createdAt),
    createdBy: String(createdBy),
    ...(typeof lastUsedAt === 'number' ? { lastUsedAt } : {}),
  };
}
