import type { Mutant } from './mutant.ts';

const DRIVER = 'libs/rabbitmq/src';
const TOPOLOGY = 'is exactly what the page says, whoever declares it, and either can work with the other’s';
const CONTRACT = `${DRIVER}/contract.test.ts`;

/** Bugs of transports, as they were seen in the wild. */
export const transportMutants: readonly Mutant[] = [
  {
    name: 'acknowledged before the successor and the events are durable',
    file: `${DRIVER}/consume/settlements.ts`,
    find: '    this.#isProceeding = true;\n',
    replace: '    this.#isProceeding = true;\n    for (const hold of this.#holds) hold.ack();\n',
    caughtBy: {
      file: `${DRIVER}/consume/settlements.test.ts`,
      test: 'a repetition asks for the same successor again: no second one is made',
    },
  },
  {
    name: 'published without `mandatory`',
    file: `${DRIVER}/connection/amqp.ts`,
    find: 'internals.sendMessage(publication, ',
    replace: 'internals.sendMessage({ ...publication, mandatory: false }, ',
    caughtBy: {
      file: `${DRIVER}/topology/topology.test.ts`,
      test: 'a message for a queue that was deleted is not lost: the queue is declared again',
    },
  },
  {
    name: 'a channel that was closed before anybody could listen counts as open',
    file: `${DRIVER}/connection/amqp.ts`,
    find: '      if (!isOpen) throw unavailable(reason);\n',
    replace: '',
    caughtBy: {
      file: `${DRIVER}/connection/amqp.test.ts`,
      test: "a 'channel' whose connection is closed right behind its opening was not opened",
    },
  },
  {
    name: 'a method overtakes the messages before it',
    file: `${DRIVER}/codec/publication-writer.ts`,
    find: '  sink.sendMethod = (channel, method, fields) => {\n    flush();\n',
    replace: '  sink.sendMethod = (channel, method, fields) => {\n',
    caughtBy: {
      file: `${DRIVER}/codec/publication-writer.test.ts`,
      test: 'what is sent in one turn leaves in one piece, before what a method says behind it',
    },
  },
  {
    name: 'returned messages are ignored',
    file: `${DRIVER}/publish/publish-channel.ts`,
    find: '    entry.isReturned = true;\n',
    replace: '',
    caughtBy: {
      file: `${DRIVER}/topology/topology.test.ts`,
      test: 'messages whose bindings were removed arrive all the same, delayed ones too',
    },
  },
  {
    name: 'the caller is answered before the confirm',
    file: `${DRIVER}/publish/publisher.ts`,
    find: '    entry.sentAt = clock.monotonic();\n',
    replace: '    entry.sentAt = clock.monotonic();\n    entry.resolve();\n',
    caughtBy: {
      file: `${DRIVER}/publish/publisher.test.ts`,
      test: 'a message is waited for as long as its channel lives, however late its confirm is',
    },
  },
  {
    name: 'what was unconfirmed when the channel was lost counts as confirmed',
    file: `${DRIVER}/publish/publisher.ts`,
    find: '    if (error instanceof Error && !isNack(error)) return;\n',
    replace: '    if (error instanceof Error && !isNack(error)) place.item.resolve();\n',
    caughtBy: {
      file: `${DRIVER}/publish/publisher.test.ts`,
      test: 'when the channel is lost, its messages fail for the real reason, and those that wait take the next one',
    },
  },
  {
    name: 'a channel that says nothing is waited for without a limit',
    file: `${DRIVER}/publish/publisher.ts`,
    find: 'const SILENCE_MS = 10_000;',
    replace: 'const SILENCE_MS = 10_000_000;',
    caughtBy: {
      file: `${DRIVER}/publish/publisher-again.test.ts`,
      test: 'is left, and what was on it is sent again as copies with the same ids on a fresh one',
    },
  },
  {
    name: 'the attempt is counted from the broker’s header',
    file: `${DRIVER}/codec/message-mapping.ts`,
    find: 'count(ATTEMPT,',
    replace: "count('x-delivery-count',",
    caughtBy: {
      file: CONTRACT,
      test: 'a retry takes the place of its delivery, no earlier than its delay, with the payload untouched',
    },
  },
  {
    name: 'a retry is left to the delivery that failed',
    file: `${DRIVER}/consume/settlements.ts`,
    find: '      return jobs.send({ ...successor, delayMs: roundedDelayMs(successor.delayMs) });\n',
    replace: '      return { confirmed: async () => undefined };\n',
    caughtBy: {
      file: `${DRIVER}/consume/settlements.test.ts`,
      test: 'a repetition asks for the same successor again: no second one is made',
    },
  },
  {
    name: 'queues have no dead-letter exchange',
    file: `${DRIVER}/topology/names.ts`,
    find: "    'x-dead-letter-exchange': exchange,\n",
    replace: '',
    caughtBy: { file: 'test/wire/src/topology.test.ts', test: TOPOLOGY },
  },
  {
    name: 'the broker dead-letters at most once',
    file: `${DRIVER}/topology/names.ts`,
    find: "    'x-dead-letter-strategy': 'at-least-once',\n",
    replace: '',
    caughtBy: { file: 'test/wire/src/topology.test.ts', test: TOPOLOGY },
  },
  {
    name: 'one connection for publishing and consuming',
    file: `${DRIVER}/broker.ts`,
    find: "const consuming = createConnection({ urls, tls, purpose: 'consuming', clock, random, logger });",
    replace: 'const consuming = publishing;',
    caughtBy: {
      file: 'test/faults/src/broker-faults.test.ts',
      test: 'what waits is consumed while the broker takes nothing',
    },
  },
  {
    name: 'a cancelled consumer is not replaced',
    file: `${DRIVER}/consume/session.ts`,
    find: "      return endBy('the broker has cancelled the consumer');\n",
    replace: '      return;\n',
    caughtBy: {
      file: `${DRIVER}/topology/topology.test.ts`,
      test: 'a consumer whose queue was deleted consumes the next one of that name',
    },
  },
  {
    name: 'a channel that the broker has closed is not replaced',
    file: `${DRIVER}/consume/session.ts`,
    find: '    ended: Promise.race([channel.lost, cancellation]),\n',
    replace: '    ended: cancellation,\n',
    caughtBy: { file: CONTRACT, test: 'a subscription outlives lost connections' },
  },
  {
    name: 'a consumer that the broker says nothing to is not looked after',
    file: `${DRIVER}/consume/watchdog.ts`,
    find: '        if (suspicion !== undefined && suspicionCount >= suspicion.looks) return onDead(suspicion.reason);\n',
    replace: '',
    caughtBy: {
      file: `${DRIVER}/consume/subscription.test.ts`,
      test: 'consumes again on a fresh channel when the broker knows nothing of it twice in a row',
    },
  },
  {
    name: 'a link that is half open is found by its heartbeats alone',
    file: `${DRIVER}/connection/amqp.ts`,
    find: '      onSilent: link.giveUp,\n',
    replace: '      onSilent: () => undefined,\n',
    caughtBy: {
      file: `${DRIVER}/recovery.test.ts`,
      test: 'a broker that says nothing to its consumers is left within seconds, however rare its heartbeats',
    },
  },
  {
    name: 'of what comes after a consumer is cancelled, some is taken',
    file: `${DRIVER}/connection/amqp.ts`,
    find: '        if (delivery === null) reader.remove(number);\n',
    replace: '',
    caughtBy: {
      file: `${DRIVER}/codec/delivery-reader.test.ts`,
      test: 'what comes after the broker has cancelled the consumer is passed over, all of it',
    },
  },
  {
    name: 'what the broker has added is sent back to it',
    file: `${DRIVER}/codec/message-mapping.ts`,
    find: ' && !/^x-|^(?:CC|BCC)$/.test(name);\n',
    replace: ';\n',
    caughtBy: {
      file: `${DRIVER}/codec/message-mapping.test.ts`,
      test: 'what a producer sends along is carried as text, what the broker adds is not, and lists and tables are not',
    },
  },
  {
    name: 'a delay is rounded down',
    file: `${DRIVER}/delay/wheel.ts`,
    find: 'Math.ceil(passMs / UNIT_MS)',
    replace: 'Math.floor(passMs / UNIT_MS)',
    caughtBy: {
      file: `${DRIVER}/delay/wheel.test.ts`,
      test: 'a route holds a message at least its delay and less than a unit longer, and only goes down',
    },
  },
  {
    name: 'retries have no jitter',
    file: 'libs/core/src/settlement/retry-policy.ts',
    find: 'fullMs / 2 + random() * (fullMs / 2)',
    replace: 'fullMs',
    caughtBy: {
      file: 'libs/core/src/settlement/retry-policy.test.ts',
      test: 'the delay doubles with every attempt, from half of it to all of it by chance',
    },
  },
  {
    name: 'a delivery that came back is charged with it',
    file: 'libs/core/src/ledger/attempt-ledger.ts',
    find: 'returnCount - releases > openStarts',
    replace: 'returnCount > openStarts',
    caughtBy: {
      file: 'libs/core/src/ledger/attempt-ledger.test.ts',
      test: 'a job that came back more often than is explained was perhaps started once more',
    },
  },
  {
    name: 'a job whose link was cut runs again beside itself',
    file: 'libs/worker/src/queue/queue-runner.ts',
    find: '    if (inHand.join(delivery, key)) return;\n',
    replace: '',
    caughtBy: {
      file: 'libs/worker/src/starts/starts.test.ts',
      test: 'a job that comes again while it runs is not run twice, and ends as it ends',
    },
  },
  {
    name: 'urgent jobs starve the others',
    file: 'libs/core/src/job/priority.ts',
    find: 'high: 16',
    replace: 'high: 1_600',
    caughtBy: {
      file: 'libs/core/src/broker/lane-chooser.test.ts',
      test: 'is the urgent one most often, and every lane has its share of 21 turns, evenly spread',
    },
  },
  {
    name: 'a worker that stops drops what it had fetched',
    file: 'libs/worker/src/queue/run-endings.ts',
    find: "      run.delivery.release();\n      end(run, 'released');\n",
    replace: '',
    caughtBy: {
      file: 'libs/worker/src/worker.test.ts',
      test: 'what was fetched ahead goes back at once when the worker stops, and what is under way may end',
    },
  },
  {
    name: 'a newer version of the message is dead-lettered at once',
    file: 'libs/core/src/settlement/settlement.ts',
    find: 'input.heldMs >= MAX_HELD_MS',
    replace: 'input.heldMs >= 0',
    caughtBy: {
      file: 'libs/core/src/settlement/settlement.test.ts',
      test: 'a job that no worker understands is deferred by 5 s, then twice as long each time up to 60 s, and is dead after 15 minutes',
    },
  },
];
