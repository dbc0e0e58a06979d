import { type Clock, sleep } from '../clock.ts';
import { messageOf } from '../errors/errors.ts';
import type { Json } from '../json/json.ts';
import type { Logger } from '../logging/logger.ts';
import { type LiveChannel, requireAddress } from './live-channel.ts';
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
  readonly answer: Json;
}

/** Creates questions and answers for one driver. It listens at its own address for answers from the first question on. */
export function createQuestions({
  texts,
  newId,
  clock,
  logger,
}: QuestionsOptions): Pick<LiveChannel, 'ask' | 'answer'> {
  const waiting = new Map<string, (answer: Json) => void>();
  let replying: Promise<string> | undefined;

  function onAnswer(text: string): void {
    const { id, answer } = JSON.parse(text) as AnsweredText;
    waiting.get(id)?.(answer);
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
    const answer = await onQuestion(question);
    await texts.tell(replyTo, JSON.stringify({ id, answer } satisfies AnsweredText));
  }

  return {
    async ask(address, question, timeoutMs) {
      requireAddress(address);
      const replyTo = await replyAddress();
      const id = newId();
      const waits = new AbortController();
      let answer: Json | undefined;
      waiting.set(id, (given) => {
        answer = given;
        waits.abort();
      });
      try {
        const text = JSON.stringify({ id, replyTo, question } satisfies AskedText);
        if (await texts.tell(address, text)) await sleep(clock, timeoutMs, waits.signal);
        return answer;
      } finally {
        waiting.delete(id);
      }
    },
    async answer(address, onQuestion) {
      requireAddress(address);
      return await texts.listen(address, (text) => {
        reply(text, onQuestion).catch((error: unknown) =>
          logger.warn({ address, error: messageOf(error) }, 'a question could not be answered'),
        );
      });
    },
  };
}
