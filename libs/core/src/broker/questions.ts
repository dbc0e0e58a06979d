import { type Clock, sleep } from '../clock.ts';
import { messageOf } from '../errors/errors.ts';
import type { Json } from '../json/json.ts';
import type { Logger } from '../logging/logger.ts';
import { type Answer, type LiveChannel, requireAddress } from './live-channel.ts';
import type { Subscription } from './subscription.ts';

/** How a driver carries texts to the process that listens at an address. */
export interface AddressedTexts {
  /** Sends a text; resolves with false when no process listens there. */
  tell(address: string, text: string): Promise<boolean>;
  /** Hands what is sent to `address` from now on to `onText`, until stopped. */
  listen(address: string, onText: (text: string) => void): Promise<Subscription>;
}

/** What asking and answering works with. */
export interface QuestionsOptions {
  readonly texts: AddressedTexts;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A question on its way. */
interface AskedText {
  readonly id: string;
  /** Where the answer goes. */
  readonly replyTo: string;
  readonly question: Json;
}

/** An answer on its way. */
interface AnsweredText {
  readonly id: string;
  /** Absent where the question could not be answered. */
  readonly answer?: Json;
}

const NONE: Answer = { kind: 'none' };
const LATE: Answer = { kind: 'late' };

/**
 * Creates questions and answers for one driver. It listens at its own address for answers from the first question on. A process that answers
 * questions listens there before: it is about to ask some, and a first question that waits until it listens is late.
 */
export function createQuestions({
  texts,
  newId,
  clock,
  logger,
}: QuestionsOptions): Pick<LiveChannel, 'ask' | 'answer'> {
  const waiting = new Map<string, (answer: Answer) => void>();
  let replying: Promise<string> | undefined;

  function onAnswer(text: string): void {
    const { id, answer } = JSON.parse(text) as AnsweredText;
    waiting.get(id)?.(answer === undefined ? NONE : { kind: 'answered', answer });
  }

  async function listenForAnswers(): Promise<string> {
    const address = `reply.${newId()}`;
    await texts.listen(address, onAnswer);
    return address;
  }

  function replyAddress(): Promise<string> {
    replying ??= listenForAnswers().catch((error: unknown) => {
      replying = undefined;
      throw error;
    });
    return replying;
  }

  async function reply(text: string, onQuestion: (question: Json) => Promise<Json>): Promise<void> {
    const { id, replyTo, question } = JSON.parse(text) as AskedText;
    const tell = (answered: AnsweredText) => texts.tell(replyTo, JSON.stringify(answered));
    try {
      await tell({ id, answer: await onQuestion(question) });
    } catch (error) {
      await tell({ id });
      throw error;
    }
  }

  return {
    async ask(address, question, timeoutMs) {
      requireAddress(address);
      const replyTo = await replyAddress();
      const id = newId();
      const waits = new AbortController();
      let answer = LATE;
      waiting.set(id, (given) => {
        answer = given;
        waits.abort();
      });
      try {
        const text = JSON.stringify({ id, replyTo, question } satisfies AskedText);
        if (!(await texts.tell(address, text))) return NONE;
        await sleep(clock, timeoutMs, waits.signal);
        return answer;
      } finally {
        waiting.delete(id);
      }
    },
    async answer(address, onQuestion) {
      requireAddress(address);
      const listening = texts.listen(address, (text) => {
        reply(text, onQuestion).catch((error: unknown) =>
          logger.warn({ address, error: messageOf(error) }, 'a question could not be answered'),
        );
      });
      // A question that needs it tries again.
      const prepared = replyAddress().catch(() => undefined);
      const subscription = await listening;
      await prepared;
      return subscription;
    },
  };
}
