import type { LiveChannel } from '../broker/live-channel.ts';
import {
  type ControlSource,
  type ControlView,
  type ControlViewRequest,
  VIEW_FRESH_MS,
} from '../control/control-view.ts';
import { LeveretError } from '../errors/errors.ts';
import type { Json } from '../json/json.ts';
import type { AttemptLedger, AttemptName, InstanceDirectory, StartAnswer } from './attempt-ledger.ts';

/** The address at which a process that has the ledger open answers. */
export const LEDGER_ADDRESS = 'ledger';

/** How long an answer of the ledger is waited for, in milliseconds. */
const LEDGER_ANSWER_MS = 1_500;
/** How long a worker may take to say what it runs, in milliseconds. It answers from memory. */
const INSTANCE_ANSWER_MS = 1_000;
/** How long a view of control is waited for, in milliseconds: a later one would not be fresh. */
const CONTROL_ANSWER_MS = VIEW_FRESH_MS;
/** Version of the questions and answers. */
const VERSION = 1;

/** The address at which a worker answers what it runs. */
export function instanceAddress(instanceId: string): string {
  return `worker.${instanceId}`;
}

type Asking = Pick<LiveChannel, 'ask'>;

const LATE: StartAnswer = { kind: 'late' };

/**
 * The ledger of attempts of another process, asked over the live channel. If no process answers there, or that process cannot use its ledger, it
 * throws `STORE_UNAVAILABLE` immediately.
 */
export function createRemoteAttemptLedger(live: Asking): AttemptLedger {
  /** Undefined when the answer is late. */
  async function ask(question: { readonly [name: string]: Json }): Promise<Json | undefined> {
    const asked = await live.ask(LEDGER_ADDRESS, { version: VERSION, ...question }, LEDGER_ANSWER_MS);
    if (asked.kind === 'none')
      throw new LeveretError('STORE_UNAVAILABLE', 'no process with the ledger answers');
    return asked.kind === 'late' ? undefined : asked.answer;
  }

  return {
    async begin(requests) {
      const answers = await ask({ type: 'begin', requests: requests as unknown as Json });
      if (answers === undefined) return requests.map(() => LATE);
      if (!Array.isArray(answers) || answers.length !== requests.length)
        throw new LeveretError('STORE_UNAVAILABLE', 'the answer of the ledger cannot be read');
      return answers as unknown as readonly StartAnswer[];
    },
    async noteEnds(ends) {
      await ask({ type: 'ends', ends: ends as unknown as Json });
    },
  };
}

/**
 * What control has decided, asked of another process that has the ledger over the live channel. While no process answers, or it cannot use its
 * ledger, everything throws `STORE_UNAVAILABLE`.
 */
export function createRemoteControlSource(live: Asking): ControlSource {
  async function ask(question: { readonly [name: string]: Json }): Promise<Json> {
    const asked = await live.ask(LEDGER_ADDRESS, { version: VERSION, ...question }, CONTROL_ANSWER_MS);
    if (asked.kind === 'answered') return asked.answer;
    throw new LeveretError(
      'STORE_UNAVAILABLE',
      asked.kind === 'none' ? 'no process with the ledger answers' : 'the process with the ledger is late',
    );
  }

  return {
    async view(request) {
      const view = await ask({ type: 'view', view: request as unknown as Json });
      // A process of an earlier version answers all that it does not know with null.
      if (view === null)
        throw new LeveretError(
          'STORE_UNAVAILABLE',
          'the process with the ledger knows no control: update it',
        );
      return view as unknown as ControlView;
    },
    async leave(instanceId) {
      await ask({ type: 'leave', instanceId });
    },
  };
}

/** What is asked of a ledger. Both sides are of this library: the form is checked no further. */
interface LedgerQuestion {
  readonly version: number;
  readonly type: 'begin' | 'ends' | 'view' | 'leave';
  readonly requests?: Parameters<AttemptLedger['begin']>[0];
  readonly ends?: Parameters<AttemptLedger['noteEnds']>[0];
  readonly view?: ControlViewRequest;
  readonly instanceId?: string;
}

/** What a process with a ledger answers with. */
export interface AnsweringLedger {
  readonly ledger: AttemptLedger;
  readonly control: ControlSource;
}

/**
 * Answers what {@link createRemoteAttemptLedger} and {@link createRemoteControlSource} ask. @throws for a question of a newer version, and as the
 * ledger does.
 */
export async function answerLedgerQuestion(
  { ledger, control }: AnsweringLedger,
  question: Json,
): Promise<Json> {
  const asked = question as unknown as LedgerQuestion;
  const { version, type, requests = [], ends = [], view, instanceId } = asked;
  if (version !== VERSION) throw new TypeError(`a question of version ${version} cannot be answered`);
  if (type === 'begin') return (await ledger.begin(requests)) as unknown as Json;
  if (view !== undefined) return (await control.view(view)) as unknown as Json;
  if (instanceId !== undefined) await control.leave(instanceId);
  else await ledger.noteEnds(ends);
  return null;
}

/** The workers of all processes. One that does not answer within a second counts as gone. */
export function createRemoteInstances(live: Asking): InstanceDirectory {
  return {
    async ask(instanceId, attempts) {
      try {
        const question = { version: VERSION, attempts: attempts as unknown as Json };
        const asked = await live.ask(instanceAddress(instanceId), question, INSTANCE_ANSWER_MS);
        return asked.kind === 'answered' ? (asked.answer as unknown as readonly boolean[]) : undefined;
      } catch {
        // Not even a question can be sent: nobody can be reached.
        return undefined;
      }
    },
  };
}

/** Answers what {@link createRemoteInstances} asks. */
export function answerInstanceQuestion(hasInHand: (attempt: AttemptName) => boolean, question: Json): Json {
  const { attempts } = question as unknown as { readonly attempts: readonly AttemptName[] };
  return attempts.map(hasInHand);
}
