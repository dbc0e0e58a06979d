import type { AccountRole, ControlAction, JobState } from '@leveret/core';

/** What an account may do, from the least to the most. */
export const ADMIN_ROLES = ['viewer', 'operator', 'admin'] as const satisfies readonly AccountRole[];
/** What an account may do. */
export type AdminRole = (typeof ADMIN_ROLES)[number];

/** What the table says of one verb. */
export interface VerbRule {
  /** What it allows, in words. */
  readonly meaning: string;
  /** The least role that has it: every higher role has it, too. */
  readonly role: AdminRole;
}

/** The one table of verbs: every route of the admin API names one of them. API, page and documentation read it. */
export const ADMIN_VERBS = {
  'jobs:read': {
    meaning: 'see jobs, their attempts and logs, queues, workers, operations and faults',
    role: 'viewer',
  },
  'payloads:read': {
    meaning: 'see payloads and results of jobs, and messages that are set aside',
    role: 'operator',
  },
  'jobs:cancel': { meaning: 'cancel jobs', role: 'operator' },
  'jobs:run': {
    meaning: 'run waiting jobs now, and jobs again that have ended but are not dead',
    role: 'operator',
  },
  'failures:retry': { meaning: 'retry dead jobs, one or many', role: 'operator' },
  'failures:discard': {
    meaning: 'discard dead jobs and restore them, and discard what is set aside',
    role: 'operator',
  },
  'queues:control': { meaning: 'pause and resume queues', role: 'operator' },
  'operations:control': { meaning: 'stop operations', role: 'operator' },
  'audit:read': { meaning: 'see who did what', role: 'viewer' },
  'accounts:manage': { meaning: 'manage accounts, API keys and sessions of others', role: 'admin' },
} as const satisfies Readonly<Record<string, VerbRule>>;

/** What somebody is allowed to do. */
export type AdminVerb = keyof typeof ADMIN_VERBS;

const ALL_VERBS = Object.keys(ADMIN_VERBS) as AdminVerb[];

/** The verbs of a role, in the order of the table. */
export function verbsOf(role: AdminRole): readonly AdminVerb[] {
  const rank = ADMIN_ROLES.indexOf(role);
  return ALL_VERBS.filter((verb) => ADMIN_ROLES.indexOf(ADMIN_VERBS[verb].role) <= rank);
}

/** The verb that an action on a job needs. A retry of a dead job and one of a job that has ended otherwise have different verbs: `state` decides. */
export function verbOfAction(action: ControlAction, state: JobState): AdminVerb {
  switch (action) {
    case 'cancel':
      return 'jobs:cancel';
    case 'run-now':
      return 'jobs:run';
    case 'retry':
      return state === 'dead' ? 'failures:retry' : 'jobs:run';
    case 'discard':
    case 'restore':
      return 'failures:discard';
  }
}
