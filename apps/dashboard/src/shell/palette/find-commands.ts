import type { Queue } from '../../api/queues.ts';
import type { PageEntry } from '../pages.ts';

/** What a command does. */
export type CommandAction =
  | { readonly kind: 'page'; readonly to: PageEntry['to'] }
  | { readonly kind: 'job'; readonly id: string }
  | { readonly kind: 'jobs'; readonly filter: string }
  | { readonly kind: 'queue' | 'control'; readonly queue: Queue };

/** Something that can be done from everywhere. */
export interface PaletteCommand {
  /** Each once. */
  readonly label: string;
  readonly action: CommandAction;
}

/** What commands are made of. */
export interface CommandSources {
  readonly pages: readonly PageEntry[];
  readonly queues: readonly Queue[];
  /** Whether queues may be paused and resumed. */
  readonly mayControl: boolean;
}

/** Commands that are shown. */
const MAX_COMMANDS = 50;
const WHOLE_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const BEGINNING_OF_ID = /^[0-9a-f]{6,8}(-[0-9a-f-]*)?$/;

/** The commands that fit what was typed: every word is in their label. A job is named by its id, or by the beginning of it. */
export function findCommands(
  text: string,
  { pages, queues, mayControl }: CommandSources,
): readonly PaletteCommand[] {
  const typed = text.trim().toLowerCase();
  const words = typed.split(/\s+/);
  const commands: readonly PaletteCommand[] = [
    ...pages.map(({ to, label }) => ({ label, action: { kind: 'page', to } as const })),
    ...queues.map((queue) => ({ label: `Queue ${queue.queue}`, action: { kind: 'queue', queue } as const })),
    ...(mayControl ? queues : []).map((queue) => ({
      label: `${queue.pause === undefined ? 'Pause' : 'Resume'} queue ${queue.queue}…`,
      action: { kind: 'control', queue } as const,
    })),
  ];
  const fitting = commands.filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)));
  return [...jobCommands(typed), ...fitting].slice(0, MAX_COMMANDS);
}

function jobCommands(typed: string): readonly PaletteCommand[] {
  if (WHOLE_ID.test(typed)) return [{ label: `Open job ${typed}`, action: { kind: 'job', id: typed } }];
  if (!BEGINNING_OF_ID.test(typed)) return [];
  return [{ label: `Jobs whose id begins with ${typed}`, action: { kind: 'jobs', filter: `id:${typed}` } }];
}
