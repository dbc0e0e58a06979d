import { median } from '@leveret/cli/bench';
import { sleep, systemClock } from '@leveret/core';
import type { JobCountsView } from '@leveret/http-contract/admin';
import { say } from './figures.ts';
import { LOAD_QUEUE } from './load-commands.ts';
import { ROUNDS } from './settings.ts';
import type { Stage } from './stage.ts';

/** Jobs of one drain. */
const DRAINED_JOBS = 60_000;
/** Rounds that are thrown away. */
const WARM_UPS = 1;
const LOOK_EVERY_MS = 100;

/** What is compared with a drain on its own. */
export interface Pairing {
  readonly title: string;
  /** Brings about what the drain is measured with, until it is disposed. */
  readonly open: () => Promise<AsyncDisposable>;
}

/** What pairs of drains found: rates of both sides in jobs per second, as ratios. */
export interface PairedDrains {
  /** The median of the ratios of the rounds: with ÷ without. */
  readonly ratio: number;
  readonly ratioMin: number;
  readonly ratioMax: number;
  /** Medians of the rates, in jobs per second. */
  readonly withPerSecond: number;
  readonly withoutPerSecond: number;
}

/** Drains with and without something, in turn, and each first in every other round: what changes meanwhile hits both. */
export async function pairDrains(stage: Stage, { title, open }: Pairing): Promise<PairedDrains> {
  const drainWith = async () => {
    await using _opened = await open();
    return await drain(stage);
  };
  const measured: { readonly with: number; readonly without: number }[] = [];
  for (let round = 1 - WARM_UPS; round <= ROUNDS; round += 1) {
    const before = round % 2 === 0 ? await drain(stage) : undefined;
    const withIt = await drainWith();
    const without = before ?? (await drain(stage));
    const name = round <= 0 ? 'warm-up' : `round ${round} of ${ROUNDS}`;
    say(
      `  ${title}, ${name}: ${Math.round(withIt)}/s with, ${Math.round(without)}/s without, ratio ${(withIt / without).toFixed(3)}`,
    );
    if (round > 0) measured.push({ with: withIt, without });
  }
  const ratios = measured.map((round) => round.with / round.without);
  return {
    ratio: median(ratios),
    ratioMin: Math.min(...ratios),
    ratioMax: Math.max(...ratios),
    withPerSecond: median(measured.map((round) => round.with)),
    withoutPerSecond: median(measured.map((round) => round.without)),
  };
}

/** Enqueues jobs, drains them, and waits until the ledger has all of it. Returns how many jobs a second ran. */
export async function drain({ load, admin }: Stage): Promise<number> {
  const perSecond = await load.drain(DRAINED_JOBS);
  const filter = encodeURIComponent(`queue:${LOAD_QUEUE} state:queued,running`);
  while ((await admin.view<JobCountsView>(`/jobs/count?filter=${filter}`)).count > 0)
    await sleep(systemClock, LOOK_EVERY_MS);
  return perSecond;
}
