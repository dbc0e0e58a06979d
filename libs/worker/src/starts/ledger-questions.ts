import {
  type AttemptLedger,
  type AttemptStart,
  type Clock,
  type Logger,
  messageOf,
  type StartAnswer,
  type StartRequest,
  withDeadline,
} from '@leveret/core';

/** How long a worker waits for the ledger's answer, in milliseconds. */
const ANSWER_MS = 2_000;
/** A ledger that is late for so long without an answer in between counts as away, in milliseconds. */
const LATE_IS_AWAY_MS = 60_000;
/** How long it is not asked then, in milliseconds: meanwhile nothing waits for it. */
const PAUSE_MS = 5_000;

const LATE: StartAnswer = { kind: 'late' };
/** Thrown by the deadline, and caught here. */
const DEADLINE = new Error('the ledger did not answer in time');

/** What a worker asks its ledger, and reports to it. */
export interface LedgerQuestions {
  /**
   * Asks the ledger; everything that is asked in one turn of the event loop is one question, which leaves at the end of the turn. What is asked
   * in advance leaves when the next answer has come. Undefined when the ledger is away. `late`, within two seconds, when it
   * is there and does not answer. Never rejects.
   */
  ask(request: Omit<StartRequest, 'goneIds' | 'endedIds'>): Promise<StartAnswer | undefined>;
  /** Records that starts ended with nothing, or were never made. Resolves within two seconds; never rejects. */
  noteEnds(ends: readonly AttemptStart[]): Promise<void>;
}

/** What asking works with. */
export interface LedgerQuestionsOptions {
  readonly ledger: AttemptLedger;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A question on its way. */
interface Question {
  readonly request: StartRequest;
  readonly answer: (answer: StartAnswer | undefined) => void;
}

/** Creates what one worker asks its ledger with. */
export function createLedgerQuestions({ ledger, clock, logger }: LedgerQuestionsOptions): LedgerQuestions {
  let questions: Question[] = [];
  let questionsAhead: Question[] = [];
  let isLeaving = false;
  /** Questions without an answer that were not asked in advance: after each of them leaves what was. */
  let waitingCount = 0;
  let ends: AttemptStart[] = [];
  let sendingEnds: Promise<void> | undefined;
  let lateSince: number | undefined;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let state: 'there' | 'late' | 'away' = 'there';

  function noteState(next: typeof state, error?: unknown): void {
    if (state === next) return;
    state = next;
    if (next === 'there') return;
    const what =
      next === 'late' ? 'wait until it does' : 'run without being looked up, unless they came back often';
    logger.warn({ error: messageOf(error) }, `the ledger does not answer: repeated jobs ${what}`);
  }

  function noteAnswer(): void {
    lateSince = undefined;
    noteState('there');
  }

  function noteAway(error: unknown): void {
    lateSince = undefined;
    noteState('away', error);
  }

  /** Whether the ledger still counts as one that will answer. */
  function noteLate(askedAt: number): boolean {
    const now = clock.monotonic();
    lateSince ??= askedAt;
    const isAway = now - lateSince >= LATE_IS_AWAY_MS;
    if (isAway) pausedUntil = now + PAUSE_MS;
    noteState(isAway ? 'away' : 'late', DEADLINE);
    return !isAway;
  }

  async function begin(requests: readonly StartRequest[]): Promise<readonly StartAnswer[]> {
    const askedAt = clock.monotonic();
    try {
      const answers = await withDeadline(clock, ANSWER_MS, ledger.begin(requests), () => DEADLINE);
      if (answers.every(({ kind }) => kind !== 'late')) {
        noteAnswer();
        return answers;
      }
    } catch (error) {
      if (error !== DEADLINE) {
        noteAway(error);
        return [];
      }
    }
    return noteLate(askedAt) ? requests.map(() => LATE) : [];
  }

  async function send(sent: readonly Question[]): Promise<void> {
    if (sent.length === 0) return;
    const answers = await begin(sent.map(({ request }) => request));
    for (const [index, { answer }] of sent.entries()) answer(answers[index]);
  }

  async function sendQuestions(): Promise<void> {
    isLeaving = false;
    const sent = questions;
    questions = [];
    if (sent.length > 0) {
      waitingCount += 1;
      await send(sent);
      waitingCount -= 1;
    } else if (waitingCount > 0) return;
    const sentAhead = questionsAhead;
    questionsAhead = [];
    await send(sentAhead);
  }

  async function sendEnds(): Promise<void> {
    await Promise.resolve();
    const sent = ends;
    ends = [];
    sendingEnds = undefined;
    const askedAt = clock.monotonic();
    try {
      await withDeadline(clock, ANSWER_MS, ledger.noteEnds(sent), () => DEADLINE);
    } catch (error) {
      if (error === DEADLINE) noteLate(askedAt);
      else noteAway(error);
    }
  }

  return {
    ask(asked) {
      if (clock.monotonic() < pausedUntil) return Promise.resolve(undefined);
      const request = { ...asked, goneIds: [], endedIds: [] };
      return new Promise((answer) => {
        (request.isAhead ? questionsAhead : questions).push({ request, answer });
        if (isLeaving) return;
        isLeaving = true;
        setImmediate(() => sendQuestions().catch(() => undefined));
      });
    },
    noteEnds(ended) {
      if (clock.monotonic() < pausedUntil) return Promise.resolve();
      ends.push(...ended);
      sendingEnds ??= sendEnds();
      return sendingEnds;
    },
  };
}
