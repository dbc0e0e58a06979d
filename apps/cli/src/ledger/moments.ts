const MOMENTS: readonly string[] = [
  'at',
  'createdAt',
  'updatedAt',
  'startedAt',
  'seenAt',
  'finishedAt',
  'dueAt',
  'endedAt',
  'lastStartAt',
  'lastSignInAt',
  'lastUsedAt',
  'startAt',
  'since',
  'until',
];

/** A record as `--json` prints it: moments as ISO 8601 in UTC. */
export function withMoments(record: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      MOMENTS.includes(name) ? new Date(value).toISOString() : value,
    ]),
  );
}
