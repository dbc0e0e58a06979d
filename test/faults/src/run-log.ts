import { systemClock } from '@leveret/core';

/** How long after the end of a run its acknowledgement may be lost with the connection that carries it, in milliseconds. */
const ACK_MS = 2_000;

/** One run of a job: each attempt should run once. */
export interface RunName {
  readonly id: string;
  readonly attempt: number;
}

/** A process or a connection that was lost with everything it had in hand. All moments are wall time in milliseconds. */
export interface Loss {
  /** In words, such as `worker killed`. */
  readonly cause: string;
  /** What was lost; everything, when absent. */
  readonly holder?: string;
  /** The earliest moment at which something may have been lost, and the latest. */
  readonly from: number;
  readonly to: number;
}

/** Runs too many: every start of a run but its first. */
export interface ExtraRuns {
  readonly count: number;
  /** How many of them each loss explains, by the words for it. */
  readonly countByCause: ReadonlyMap<string, number>;
  /** The history of each run with an extra start that no loss explains. */
  readonly unexplained: readonly string[];
}

/**
 * Notes where and when jobs run, and what is lost meanwhile. A loss explains one extra start of a run, after it, in two cases: it hit a
 * holder in which the run had started and was not ended and acknowledged; or it hit a publish of the run, which was not confirmed yet and
 * therefore repeated. An attempt that starts again may be followed by its next attempt again: this explains one extra start, too. So does
 * the end of a broker that delayed the run: it moves such messages at least once.
 */
export interface RunLog {
  /** A run started in `holder`, now unless `when` says otherwise. */
  started(run: RunName, holder: string, when?: StartMoments): void;
  /** The last start in `holder` has ended: only its acknowledgement may still be on its way. */
  ended(run: RunName, holder: string, at?: number): void;
  /** The process that has `holder` settles the last start, and outlives it: it remembers that, and runs it no more, whatever the holder loses. */
  settling(run: RunName, holder: string): void;
  /** `holder` published the run from `from` until now. The driver or its caller sends again what was lost unconfirmed: the broker may have it twice. */
  published(run: RunName, holder: string, from: number): void;
  /** `holder`, the broker, delays the run from now until it starts. */
  delayed(run: RunName, holder: string): void;
  lost(loss: Loss): void;
  extraRuns(): ExtraRuns;
}

/** When a run started, in wall time in milliseconds. */
export interface StartMoments {
  readonly at: number;
  /** When its holder decided on the start, where that was much earlier. */
  readonly heldSince?: number;
}

/** Something in the hands of a holder. */
interface Custody {
  readonly holder: string;
  readonly from: number;
  to: number;
  /** Since when a loss of the holder hits it. */
  readonly heldSince: number;
}

/** What is known of one run. */
interface Run extends RunName {
  readonly starts: Custody[];
  readonly publishes: Custody[];
  readonly delays: Custody[];
}

/** A loss that makes one extra start possible from the moment `at`. */
interface Hit {
  readonly at: number;
  readonly words: string;
}

/** Creates an empty log. */
export function createRunLog(): RunLog {
  const runs = new Map<string, Run>();
  const losses: Loss[] = [];

  function runOf({ id, attempt }: RunName): Run {
    const known = runs.get(nameOf({ id, attempt }));
    if (known !== undefined) return known;
    const run: Run = { id, attempt, starts: [], publishes: [], delays: [] };
    runs.set(nameOf(run), run);
    return run;
  }

  function ended(run: RunName, holder: string, at = systemClock.now()): void {
    const start = runOf(run).starts.findLast((candidate) => candidate.holder === holder);
    if (start !== undefined) start.to = at;
  }

  /** Only the first loss counts: with it the run left the holder's hands. */
  function hitOfStart(start: Custody): readonly Hit[] {
    const { heldSince, to } = start;
    const loss = losses.find((candidate) => isHit({ ...start, to: to + ACK_MS }, candidate));
    if (loss === undefined) return [];
    const when = to > loss.from ? 'while they ran' : 'before the acknowledgement';
    return [{ at: Math.max(heldSince, loss.from), words: `${loss.cause} ${when}` }];
  }

  /** A loss fails many tries to publish a run, and has sent it once. */
  function hitsOfPublishes(publishes: readonly Custody[]): readonly Hit[] {
    const hitting = publishes.flatMap((publish) => losses.find((loss) => isHit(publish, loss)) ?? []);
    return [...new Set(hitting)].map((loss) => ({
      at: loss.from,
      words: `${loss.cause} before the confirm`,
    }));
  }

  function hitsOfDelays({ delays, starts }: Run): readonly Hit[] {
    const to = (inOrderOf(starts)[0]?.from ?? 0) + ACK_MS;
    const hitting = delays.flatMap((delay) => losses.find((loss) => isHit({ ...delay, to }, loss)) ?? []);
    return [...new Set(hitting)].map((loss) => ({
      at: loss.from,
      words: `${loss.cause} while they were delayed`,
    }));
  }

  function hitsOfAttemptBefore({ id, attempt }: Run): readonly Hit[] {
    const { starts = [] } = runs.get(nameOf({ id, attempt: attempt - 1 })) ?? {};
    const extraStarts = inOrderOf(starts).slice(1);
    return extraStarts.map(({ from }) => ({ at: from, words: 'after an attempt that ran again' }));
  }

  /** What explains each start but the first. */
  function explain(run: Run): readonly (string | undefined)[] {
    const open = [...hitsOfPublishes(run.publishes), ...hitsOfDelays(run), ...hitsOfAttemptBefore(run)];
    const inOrder = inOrderOf(run.starts);
    const explained = inOrder.map((start) => {
      const index = open.findIndex(({ at }) => at <= start.from);
      const [hit] = index < 0 || start === inOrder[0] ? [] : open.splice(index, 1);
      open.push(...hitOfStart(start));
      return hit?.words;
    });
    return explained.slice(1);
  }

  return {
    started(run, holder, { at, heldSince = at } = { at: systemClock.now() }) {
      runOf(run).starts.push({ holder, from: at, to: Number.POSITIVE_INFINITY, heldSince });
    },
    ended,
    settling: (run, holder) => ended(run, holder, Number.NEGATIVE_INFINITY),
    published(run, holder, from) {
      runOf(run).publishes.push({ holder, from, to: systemClock.now(), heldSince: from });
    },
    delayed(run, holder) {
      const from = systemClock.now();
      runOf(run).delays.push({ holder, from, to: Number.POSITIVE_INFINITY, heldSince: from });
    },
    lost(loss) {
      losses.push(loss);
    },
    extraRuns() {
      const countByCause = new Map<string, number>();
      const unexplained: string[] = [];
      let count = 0;
      for (const run of runs.values()) {
        for (const words of explain(run)) {
          count += 1;
          if (words === undefined) unexplained.push(storyOf(run, losses));
          else countByCause.set(words, (countByCause.get(words) ?? 0) + 1);
        }
      }
      return { count, countByCause, unexplained };
    },
  };
}

/** The extra runs in words, such as `81 run again: 70 worker killed while they ran, 11 broker killed before the acknowledgement`. */
export function describeExtraRuns({ count, countByCause, unexplained }: ExtraRuns): string {
  const causes = [...countByCause].map(([words, times]) => `${times} ${words}`);
  if (unexplained.length > 0) causes.push(`${unexplained.length} unexplained`);
  return causes.length === 0 ? `${count} run again` : `${count} run again: ${causes.join(', ')}`;
}

function nameOf({ id, attempt }: RunName): string {
  return `${id}, attempt ${attempt}`;
}

function inOrderOf(starts: readonly Custody[]): readonly Custody[] {
  return starts.toSorted((a, b) => a.from - b.from);
}

function isHit({ holder, heldSince, to }: Custody, loss: Loss): boolean {
  return (loss.holder ?? holder) === holder && loss.to >= heldSince && loss.from <= to;
}

/** Everything that happened to a run, in milliseconds from its first start. */
function storyOf(run: Run, losses: readonly Loss[]): string {
  const { starts, publishes } = run;
  const zero = Math.min(...starts.map(({ from }) => from));
  const last = Math.max(...starts.map(({ from }) => from));
  const told = ({ from, to }: { readonly from: number; readonly to: number }) =>
    `${from - zero} to ${to - zero} ms`;
  const near = losses.filter(({ from, to }) => to >= zero - ACK_MS && from <= last);
  return [
    nameOf(run),
    ...starts.map((start) => `ran in ${start.holder} ${told(start)}`),
    ...publishes.map((publish) => `published by ${publish.holder} ${told(publish)}`),
    ...near.map((loss) => `${loss.cause} (${loss.holder ?? 'all'}) ${told(loss)}`),
  ].join('; ');
}
