import type { OperationJobs } from '@leveret/control';
import type { ControlAction, OperationRecord } from '@leveret/core';
import { askFirst } from '../control/ask-first.ts';
import { authorOf } from '../control/author.ts';
import type { ManyFlags } from '../control/flags.ts';
import type { ControlDependencies, ControlSession } from '../control/session.ts';
import { reportOn } from './report.ts';
import { type OperationReport, renderOutcome, renderProgress, toJobCount, toReportJson } from './words.ts';

/** Actions that take jobs out of work. */
const DESTRUCTIVE: readonly ControlAction[] = ['cancel', 'discard'];
/** More jobs than these are many: it is asked first, whatever is done to them. */
const MANY_JOBS = 10;
/** Jobs that were not done, in the answer. */
const SHOWN_JOBS = 20;

/** What is to be done with many jobs. */
export interface Plan {
  readonly action: ControlAction;
  readonly jobs: OperationJobs;
  /** Which jobs, in words or as a filter. */
  readonly selection: string;
}

/** A plan, and how many jobs it is about. */
interface CountedPlan extends Plan {
  readonly count: number;
  /** False when there are more. */
  readonly isExact: boolean;
}

/**
 * Asks, where the plans destroy or are about many jobs, and carries them out, one after the other, each as an operation. Prints what became of them.
 * @throws {LeveretError} `CONFIG_INVALID` when nobody can be asked; and what operations throw.
 */
export async function actOnMany(
  session: ControlSession,
  plans: readonly Plan[],
  flags: ManyFlags,
  dependencies: ControlDependencies,
): Promise<void> {
  const { print, terminal, fail } = dependencies;
  const counted = await Promise.all(plans.map((plan) => countJobs(session, plan)));
  const due = counted.filter(({ count }) => count > 0);
  if (due.length > 0 && !(await isWanted(due, flags, dependencies))) {
    terminal.say('Nothing was done.');
    return fail();
  }
  const reports = await terminal.interruptible((signal) =>
    carryOut(session, due, { flags, signal, dependencies }),
  );
  if (flags.json) print(JSON.stringify({ operations: reports.map(toReportJson) }));
  else print(reports.length === 0 ? 'No jobs.' : reports.map(renderOutcome).join('\n'));
  if (reports.length < due.length || reports.some(({ operation }) => !isAllDone(operation))) fail();
}

/** Whether an operation has ended, and has acted on each of its jobs. */
export function isAllDone({ state, total, done }: OperationRecord): boolean {
  return state === 'done' && done === total;
}

/** How an operation that was left can be ended. */
export function howToGoOn({ id }: OperationRecord): string {
  return `The operation has not ended. An API process goes on with it within a minute; leveret operations resume ${id} goes on with it here, and leveret operations stop ${id} ends it.`;
}

async function countJobs({ reader }: ControlSession, plan: Plan): Promise<CountedPlan> {
  const { jobs } = plan;
  if ('jobIds' in jobs) return { ...plan, count: jobs.jobIds.length, isExact: true };
  return { ...plan, ...(await reader.count(jobs.filter)) };
}

/** Whether it was said that it be done, or need not be said. */
async function isWanted(
  plans: readonly CountedPlan[],
  { yes }: ManyFlags,
  { terminal }: Pick<ControlDependencies, 'terminal'>,
): Promise<boolean> {
  const what = plans.map(inWords).join(', ');
  const isHarmless = plans.every(({ action, count }) => !DESTRUCTIVE.includes(action) && count <= MANY_JOBS);
  if (yes || isHarmless) {
    terminal.say(what);
    return true;
  }
  return await askFirst(what, terminal);
}

function inWords({ action, selection, count, isExact }: CountedPlan): string {
  return `${action} ${isExact ? '' : 'over '}${toJobCount(count)} (${selection})`;
}

interface CarryOutOptions {
  readonly flags: ManyFlags;
  readonly signal: AbortSignal;
  readonly dependencies: Pick<ControlDependencies, 'terminal'>;
}

async function carryOut(
  { control: { operations } }: ControlSession,
  plans: readonly Plan[],
  { flags: { rate, reason }, signal, dependencies: { terminal } }: CarryOutOptions,
): Promise<readonly OperationReport[]> {
  const reports: OperationReport[] = [];
  for (const { action, jobs, selection } of plans) {
    if (signal.aborted) break;
    const perSecond = rate === undefined ? {} : { perSecond: rate };
    const { id } = await operations.start({ action, selection, ...perSecond, ...authorOf(reason) }, jobs);
    const onProgress = (operation: OperationRecord) => terminal.progress(renderProgress(operation));
    const ended = await operations.work(id, { signal, onProgress });
    if (ended.state === 'running') terminal.say(howToGoOn(ended));
    reports.push(await reportOn(operations, ended, SHOWN_JOBS));
  }
  return reports;
}
