import type { SqlConnection } from '../../file/libsql.ts';

/** Prepares to list tags: see `JobReader` of the core. Each is found by a step into the index, however many jobs have it. */
export function prepareTags(connection: SqlConnection): (prefix: string, limit: number) => readonly string[] {
  const first = connection.prepare('SELECT tag FROM job_tag WHERE tag >= ? ORDER BY tag LIMIT 1');
  const next = connection.prepare('SELECT tag FROM job_tag WHERE tag > ? ORDER BY tag LIMIT 1');
  return (prefix, limit) => {
    const tags: string[] = [];
    let tag = first.get(prefix)?.[0];
    while (typeof tag === 'string' && tag.startsWith(prefix) && tags.length < limit) {
      tags.push(tag);
      tag = next.get(tag)?.[0];
    }
    return tags;
  };
}
