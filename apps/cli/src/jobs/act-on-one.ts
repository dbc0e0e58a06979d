import type { ActionReceipt } from '@leveret/control';
import {
  type AttemptRecord,
  type Clock,
  type ControlAction,
  type JobReader,
  LeveretError,
  sleep,
} from '@leveret/core';
import { authorOf } from '../control/author.ts';
import type { ActionFlags } from '../control/flags.ts';
import type { ControlDependencies, ControlSession } from '../control/session.ts';
import { type ActionReport, renderReceipt, toReceiptJson } from './receipt.ts';

/** How often it is looked whether an attempt has ended, in milliseconds. */
const LOOK_EVERY_MS = 250;

/** What is done with one job. */
export interface OneRequest {
  readonly action: ControlAction;
  readonly jobId: string;
  /** How long it is waited until a running attempt has ended, in milliseconds; absent for not at all. */
  readonly waitMs?: number;
}

/** Acts on one job, and prints what became of it: also that it was refused. */
export async function actOnOne(
  session: ControlSession,
  { action, jobId, waitMs }: OneRequest,
  { reason, json }: ActionFlags,
  { clock, print, fail }: Pick<ControlDependencies, 'clock' | 'print' | 'fail'>,
): Promise<void> {
  const { control, reader } = session;
  try {
    const receipt = await control.act({ action, jobId, ...authorOf(reason) });
    const report = await reportOn(receipt, {
      action,
      reader,
      clock,
      ...(waitMs === undefined ? {} : { waitMs }),
    });
    print(json ? JSON.stringify(toReceiptJson(report)) : renderReceipt(report));
    if (report.hasEnded === false) fail();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { code, message } = error;
    print(
      json
        ? JSON.stringify({ action, jobId, refused: { code, reason: message } })
        : `${jobId} ${code}: ${message}`,
    );
    fail();
  }
}

function isRefusal(error: unknown): error is LeveretError {
  return error instanceof LeveretError && (error.code === 'ACTION_REFUSED' || error.code === 'JOB_NOT_FOUND');
}

interface ReportOptions {
  readonly action: ControlAction;
  readonly reader: JobReader;
  readonly clock: Clock;
  readonly waitMs?: number;
}

async function reportOn(
  receipt: ActionReceipt,
  { action, reader, clock, waitMs }: ReportOptions,
): Promise<ActionReport> {
  const details = await reader.get(receipt.jobId);
  const known = details === undefined ? {} : { maxAttempts: details.job.maxAttempts };
  if (receipt.before !== 'running') return { action, receipt, ...known };
  const untilMs = clock.monotonic() + (waitMs ?? 0);
  let run = runOf(receipt, details?.attempts);
  while (run?.outcome === undefined && clock.monotonic() < untilMs) {
    await sleep(clock, LOOK_EVERY_MS);
    run = runOf(receipt, (await reader.get(receipt.jobId))?.attempts);
  }
  const isKnown = run === undefined ? {} : { run };
  const hasEnded = waitMs === undefined ? {} : { hasEnded: run?.outcome !== undefined };
  return { action, receipt, ...known, ...isKnown, ...hasEnded };
}

/** The newest attempt of the generation that was superseded. */
function runOf(
  { generation }: ActionReceipt,
  attempts: readonly AttemptRecord[] = [],
): AttemptRecord | undefined {
  return attempts.findLast((attempt) => attempt.generation < generation);
}
