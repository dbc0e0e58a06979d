import { afterAll, beforeAll, describe } from 'vitest';
import { describeBrokerConsuming } from './broker-consuming.ts';
import { describeBrokerDeadLetterLosses, describeBrokerDeadLetters } from './broker-dead-letters.ts';
import { describeBrokerEvents } from './broker-events.ts';
import { describeBrokerLanes } from './broker-lanes.ts';
import { describeBrokerLive, describeBrokerLiveLosses } from './broker-live.ts';
import { describeBrokerLosses } from './broker-losses.ts';
import { describeBrokerPublishing } from './broker-publishing.ts';
import { describeBrokerRepetition } from './broker-repetition.ts';
import { describeBrokerSettlement } from './broker-settlement.ts';
import { describeBrokerTexts } from './broker-texts.ts';
import { type BrokerUnderTest, createBrokerBench, type Link } from './broker-under-test.ts';

/** What not every driver has. */
export interface BrokerAbilities {
  /** It has connections to lose, and {@link BrokerUnderTest.link}. */
  readonly hasConnections: boolean;
}

/** Holds a driver to the `Broker` port: one test per promise, on the real server that `start` provides. */
export function describeBrokerContract(
  name: string,
  start: () => Promise<BrokerUnderTest>,
  { hasConnections }: BrokerAbilities = { hasConnections: false },
): void {
  describe(`${name} keeps the promises of a broker`, () => {
    let harness: BrokerUnderTest;
    beforeAll(async () => {
      harness = await start();
    }, 120_000);
    afterAll(async () => {
      await harness.dispose();
    });
    const bench = () => createBrokerBench(harness);

    describeBrokerPublishing(bench);
    describeBrokerRepetition(bench);
    describeBrokerConsuming(bench);
    describeBrokerSettlement(bench, (queue) => harness.deadLetters(queue));
    describeBrokerTexts(bench, (queue) => harness.deadLetters(queue));
    describeBrokerLanes(bench, (queue) => harness.deadLetters(queue));
    describeBrokerDeadLetters(bench);
    describeBrokerEvents(bench);
    describeBrokerLive(bench);
    if (hasConnections) {
      describeBrokerLosses(bench, () => linkOf(harness));
      describeBrokerDeadLetterLosses(bench, () => linkOf(harness));
      describeBrokerLiveLosses(bench, () => linkOf(harness));
    }
  });
}

function linkOf({ link }: BrokerUnderTest): Link {
  if (link === undefined) throw new TypeError('a driver that has connections comes with a link');
  return link;
}
