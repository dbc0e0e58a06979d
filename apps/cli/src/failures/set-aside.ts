import { exportEvent, exportMessage, exportSummary, toEventId, toMessageId } from '@leveret/control';
import {
  type JobStore,
  type KeptEvent,
  LeveretError,
  MAX_COUNTED_EVENTS,
  MAX_PAGE_SET_ASIDE,
  type SetAsideCounts,
  type SetAsideReader,
  type SetAsideSummary,
} from '@leveret/core';
import { type Command, InvalidArgumentError } from 'commander';
import { authorOf } from '../control/author.ts';
import { addLedgerFlags, EXIT_CODES, type LedgerDependencies, type LedgerFlags } from '../ledger/flags.ts';
import { renderTable } from '../ledger/table.ts';
import { toDistance, toShellWord } from '../ledger/words.ts';
import { renderEvent, renderMessage } from './render-set-aside.ts';

/** What these commands work with. */
export interface SetAsideDependencies extends LedgerDependencies {
  /** Opens the ledger in this file, or else that of the applications, to change it. */
  readonly openStore: (database: string | undefined) => Promise<Pick<JobStore, 'discardSetAside' | 'close'>>;
}

/** What is set aside has a letter that says what it is, and a number: `m12` is a message, `e7` an event. */
interface SetAsideId {
  readonly kind: 'm' | 'e';
  readonly seq: number;
}

interface ListFlags extends LedgerFlags {
  readonly limit: number;
  readonly after?: SetAsideId;
}

interface Page {
  readonly messages: readonly SetAsideSummary[];
  readonly events: readonly KeptEvent[];
}

const DEFAULT_ENTRIES = 50;

const LIST_HELP = `
Examples:
  leveret failures set-aside
  leveret failures set-aside --json | jq -r '.messages[] | select(.queue == "mail") | .id'
${EXIT_CODES}`;

const SHOW_HELP = `
Examples:
  leveret failures set-aside show m12
  leveret failures set-aside show m12 --json | jq -r .bodyBase64 | base64 -d
${EXIT_CODES}`;

const DISCARD_HELP = `
Examples:
  leveret failures set-aside discard m12 e7 --yes
${EXIT_CODES}`;

/** Adds `failures set-aside` with its commands. */
export function addSetAsideCommands(failures: Command, dependencies: SetAsideDependencies): void {
  const setAside = failures
    .command('set-aside')
    .description(
      'list, show and discard messages that cannot be jobs or could not be routed, and events that cannot be applied',
    );
  addLedgerFlags(setAside.command('list', { isDefault: true }))
    .description('list them; the same without list')
    .option('--limit <count>', `entries, up to ${MAX_PAGE_SET_ASIDE}`, toLimit, DEFAULT_ENTRIES)
    .option('--after <id>', 'where to continue: the page before prints it', toId)
    .addHelpText('after', LIST_HELP)
    .action((flags: ListFlags) => list(flags, dependencies));
  addLedgerFlags(setAside.command('show'))
    .description('show one of them as it came')
    .argument('<id>', 'as it is listed', toId)
    .addHelpText('after', SHOW_HELP)
    .action((id: SetAsideId, flags: LedgerFlags) => show(id, flags, dependencies));
  addLedgerFlags(setAside.command('discard'))
    .description('delete some of them for good')
    .argument('<id...>', 'as they are listed', collectIds)
    .requiredOption('--yes', 'really delete them')
    .addHelpText('after', DISCARD_HELP)
    .action((ids: readonly SetAsideId[], flags: LedgerFlags) => discard(ids, flags, dependencies));
}

async function list(flags: ListFlags, { openReader, clock, print }: LedgerDependencies): Promise<void> {
  const { limit, after, database, json } = flags;
  const reader = await openReader(database);
  try {
    const counts = await reader.setAside.counts();
    const page = await readPage(reader.setAside, limit, after);
    const next = nextAfter(page, limit);
    if (json) return print(JSON.stringify({ counts, ...toPageJson(page), next }));
    if (counts.messages + counts.events === 0) return print('Nothing is set aside.');
    print(renderPage(page, counts, clock.now()));
    if (next !== undefined) print(`\nNext page: ${toNextCommand(flags, next)}`);
  } finally {
    await reader.close();
  }
}

/** Messages come first, then events. */
async function readPage(reader: SetAsideReader, limit: number, after: SetAsideId | undefined): Promise<Page> {
  const messages = after?.kind === 'e' ? [] : await reader.messages(after?.seq ?? 0, limit);
  const left = limit - messages.length;
  const events = left === 0 ? [] : await reader.events(after?.kind === 'e' ? after.seq : 0, left);
  return { messages, events };
}

/** The last entry of a page that is full. */
function nextAfter({ messages, events }: Page, limit: number): string | undefined {
  if (messages.length + events.length < limit) return undefined;
  const [event, message] = [events.at(-1), messages.at(-1)];
  return event === undefined ? message && toMessageId(message.seq) : toEventId(event.seq);
}

function toNextCommand({ limit, database }: ListFlags, next: string): string {
  return [
    'leveret failures set-aside',
    ...(limit === DEFAULT_ENTRIES ? [] : ['--limit', String(limit)]),
    ...(database === undefined ? [] : ['--database', toShellWord(database)]),
    '--after',
    next,
  ].join(' ');
}

async function show(
  id: SetAsideId,
  { database, json }: LedgerFlags,
  { openReader, clock, print }: LedgerDependencies,
): Promise<void> {
  const reader = await openReader(database);
  try {
    if (id.kind === 'e') {
      const event = (await reader.setAside.event(id.seq)) ?? notFound([id]);
      return print(json ? JSON.stringify(exportEvent(event)) : renderEvent(event));
    }
    const message = (await reader.setAside.message(id.seq)) ?? notFound([id]);
    print(json ? JSON.stringify(exportMessage(message)) : renderMessage(message, clock.now()));
  } finally {
    await reader.close();
  }
}

async function discard(
  ids: readonly SetAsideId[],
  { database, json }: LedgerFlags,
  { openStore, openReader, print }: SetAsideDependencies,
): Promise<void> {
  const reader = await openReader(database);
  const missing: SetAsideId[] = [];
  try {
    for (const id of ids) {
      const { setAside } = reader;
      const found = id.kind === 'm' ? await setAside.message(id.seq) : await setAside.event(id.seq);
      if (found === undefined) missing.push(id);
    }
  } finally {
    await reader.close();
  }
  if (missing.length > 0) notFound(missing);
  const store = await openStore(database);
  try {
    const seqsOf = (kind: SetAsideId['kind']) => ids.filter((id) => id.kind === kind).map(({ seq }) => seq);
    const [messages, events] = [seqsOf('m'), seqsOf('e')];
    const author = authorOf(undefined);
    if (messages.length > 0) await store.discardSetAside({ kind: 'messages', seqs: messages, ...author });
    if (events.length > 0) await store.discardSetAside({ kind: 'events', seqs: events, ...author });
    const discarded = ids.map(toText);
    print(json ? JSON.stringify({ discarded }) : `Discarded: ${discarded.join(', ')}.`);
  } finally {
    await store.close();
  }
}

function notFound(ids: readonly SetAsideId[]): never {
  const names = ids.map(toText).join(', ');
  throw new LeveretError(
    'SET_ASIDE_NOT_FOUND',
    `the ledger has not set aside ${names}: leveret failures set-aside lists what there is`,
    { details: { id: names } },
  );
}

function renderPage({ messages, events }: Page, counts: SetAsideCounts, now: number): string {
  const parts: string[] = [];
  if (messages.length > 0)
    parts.push(
      `${toCount(counts.messages)} that cannot be jobs or could not be routed:`,
      renderTable(
        ['id', 'set aside', 'queue', 'bytes', 'reason'],
        messages.map(({ seq, queue, at, bodyBytes, reason }) => [
          toMessageId(seq),
          toDistance(at, now),
          queue,
          bodyBytes.toLocaleString('en'),
          toShort(reason),
        ]),
        ['left', 'left', 'left', 'right'],
      ),
    );
  if (messages.length > 0 && events.length > 0) parts.push('');
  if (events.length > 0)
    parts.push(
      `${toCount(counts.events, 'event')} that cannot be applied:`,
      renderTable(
        ['id', 'reason', 'entry'],
        events.map(({ seq, reason, entry }) => [toEventId(seq), toShort(reason), toShort(entry)]),
      ),
    );
  return parts.join('\n');
}

function toCount(count: number, noun = 'message'): string {
  const number = count.toLocaleString('en');
  if (count === 1) return `1 ${noun}`;
  return count < MAX_COUNTED_EVENTS ? `${number} ${noun}s` : `${number} or more ${noun}s`;
}

/** Most characters of a text in a table. */
const MAX_SHORT = 80;

function toShort(text: string): string {
  return text.length <= MAX_SHORT ? text : `${text.slice(0, MAX_SHORT - 1)}…`;
}

function toPageJson({ messages, events }: Page) {
  return { messages: messages.map(exportSummary), events: events.map(exportEvent) };
}

function toText({ kind, seq }: SetAsideId): string {
  return `${kind}${seq}`;
}

function toId(text: string): SetAsideId {
  const [, kind, seq] = /^([me])(\d{1,15})$/.exec(text) ?? [];
  if (seq === undefined)
    throw new InvalidArgumentError('must be an id that leveret failures set-aside lists, such as m12 or e7');
  return { kind: kind === 'e' ? 'e' : 'm', seq: Number(seq) };
}

function collectIds(text: string, before: readonly SetAsideId[] = []): readonly SetAsideId[] {
  return [...before, toId(text)];
}

function toLimit(text: string): number {
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_PAGE_SET_ASIDE)
    throw new InvalidArgumentError(`must be a whole number from 1 to ${MAX_PAGE_SET_ASIDE}`);
  return limit;
}
