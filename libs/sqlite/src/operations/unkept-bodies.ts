import { STATES_WITHOUT_BODY } from '@leveret/core';
import type { SqlConnection } from '../file/libsql.ts';

/** Deletes bodies of finished jobs that their history policy does not keep. */
export interface UnkeptBodies {
  /** Deletes payload, headers and result of those of these jobs that are not to have them. Their failures stay. */
  drop(ids: readonly string[]): void;
}

/** Prepares to delete them. */
export function createUnkeptBodies(connection: SqlConnection): UnkeptBodies {
  const conditions = Object.entries(STATES_WITHOUT_BODY).map(
    ([policy, states]) =>
      `(history = '${policy}' AND state IN (${states.map((state) => `'${state}'`).join(', ')}))`,
  );
  const unkept = `id IN (SELECT job.id FROM json_each(?) AS given CROSS JOIN job ON job.id = given.value WHERE ${conditions.join(' OR ')})`;
  const dropAll = connection.prepare(`DELETE FROM job_body WHERE failure IS NULL AND ${unkept}`);
  const dropBody = connection.prepare(
    `UPDATE job_body SET payload = NULL, headers = NULL, result = NULL, redact = NULL WHERE ${unkept}`,
  );

  return {
    drop(ids) {
      if (ids.length === 0) return;
      const given = JSON.stringify(ids);
      dropAll.run(given);
      dropBody.run(given);
    },
  };
}
