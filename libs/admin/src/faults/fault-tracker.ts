import type { Clock, Logger } from '@leveret/core';
import type { FaultView } from '@leveret/http-contract/admin';
import { known, toIso } from '../resources/wire/values.ts';
import { compareFaults, type Finding, faultIdOf } from './fault.ts';
import { FAULT_RULES } from './fault-rules.ts';
import type { Found } from './find-faults.ts';
import { toDurationWords } from './words.ts';

/** A fault is over when it was not found for so long, in milliseconds: one that comes and goes is logged once. */
const OVER_AFTER_MS = 5_000;

/** Follows faults from their start to their end. */
export interface FaultTracker {
  /** Takes what was found at this moment. Each fault is logged once when it starts, and once when it is over. */
  note(found: Found): void;
  /** What is wrong now, the worst first. */
  current(): FaultView[];
}

interface Tracked {
  finding: Finding;
  readonly since: number;
  readonly firstAt: number;
  lastAt: number;
  isFault: boolean;
}

/** Creates one. It looks at nothing by itself. */
export function createFaultTracker({
  clock,
  logger,
}: {
  readonly clock: Clock;
  readonly logger: Logger;
}): FaultTracker {
  const trackedById = new Map<string, Tracked>();

  function noteFinding(finding: Finding, now: number): void {
    const id = faultIdOf(finding);
    const tracked = trackedById.get(id) ?? {
      ...{ finding, since: clock.now(), firstAt: now, lastAt: now },
      isFault: false,
    };
    tracked.finding = finding;
    tracked.lastAt = now;
    trackedById.set(id, tracked);
    if (tracked.isFault || now - tracked.firstAt < FAULT_RULES[finding.kind].heldMs) return;
    tracked.isFault = true;
    const { severity, detail, subject, text } = finding;
    logger[severity === 'bad' ? 'error' : 'warn']({ fault: id, ...subject, ...known({ detail }) }, text);
  }

  function noteAbsent(id: string, { finding, firstAt, lastAt, isFault }: Tracked, now: number): void {
    if (isFault && now - lastAt < OVER_AFTER_MS) return;
    trackedById.delete(id);
    if (!isFault) return;
    const lastedMs = now - firstAt;
    logger.info({ fault: id, lastedMs }, `over after ${toDurationWords(lastedMs)}: ${finding.text}`);
  }

  return {
    note({ findings, unknown }) {
      const now = clock.monotonic();
      const found = new Set(findings.map(faultIdOf));
      for (const [id, tracked] of trackedById)
        if (!found.has(id) && !unknown.has(tracked.finding.kind)) noteAbsent(id, tracked, now);
      for (const finding of findings) noteFinding(finding, now);
    },
    current() {
      return [...trackedById]
        .filter(([, { isFault }]) => isFault)
        .map(
          ([
            id,
            {
              finding: { of: _of, ...finding },
              since,
            },
          ]) => ({ id, ...finding, since: toIso(since) }),
        )
        .sort(compareFaults);
    },
  };
}
