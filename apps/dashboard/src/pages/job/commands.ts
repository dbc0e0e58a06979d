import { CONTROL_ACTIONS, type ControlAction, type JobState } from '@leveret/core';

/** A command that does, or shows, what the page does. */
export interface CopiedCommand {
  readonly name: string;
  readonly command: string;
}

const ACTIONS = Object.keys(CONTROL_ACTIONS) as readonly ControlAction[];
const ACTION_NAMES: Readonly<Record<ControlAction, string>> = {
  cancel: 'Cancel',
  'run-now': 'Run now',
  retry: 'Run again',
  discard: 'Discard',
  restore: 'Restore',
};

/**
 * Commands for a job: to show it, and to do what its state allows.
 *
 * @param api Address of the admin API.
 */
export function commandsFor({ id, state }: { readonly id: string; readonly state: JobState }, api: string) {
  const actions = ACTIONS.filter((action) => CONTROL_ACTIONS[action].from.includes(state));
  const key = `-H "Authorization: Bearer $LEVERET_API_KEY"`;
  const curl: readonly CopiedCommand[] = [
    { name: 'Show', command: `curl ${key} '${api}/jobs/${id}'` },
    ...actions.map((action) => ({
      name: ACTION_NAMES[action],
      command: `curl -X POST ${key} '${api}/jobs/${id}/${action}'`,
    })),
  ];
  const cli: readonly CopiedCommand[] = [
    { name: 'Show', command: `leveret jobs show ${id}` },
    ...actions.map((action) => ({
      name: ACTION_NAMES[action],
      command: `leveret jobs ${action} ${id}`,
    })),
  ];
  return { curl, cli };
}
