import { type Json, knownEvents } from '@leveret/core';
import type { BrokerModule } from './broker-under-test.ts';

/** The entry of a process that takes work and never finishes it, until it is killed. */

interface Doom {
  readonly module: string;
  readonly options: Json;
  readonly task:
    | { readonly queue: string; readonly prefetch: number }
    | { readonly record: true }
    | { readonly deadLettersOf: string };
}

const { module, options, task } = JSON.parse(process.argv[2] ?? '') as Doom;
const { openBroker } = (await import(module)) as BrokerModule;
const broker = await openBroker(options);
const tell = (word: string) => process.send?.(word);

if ('record' in task) {
  await broker.recordEvents((entries) => {
    for (const { jobId } of knownEvents(entries)) tell(jobId);
    return new Promise(() => undefined);
  });
} else if ('deadLettersOf' in task) {
  await broker.takeDeadLetters(task.deadLettersOf, (letters) => {
    for (const { properties } of letters) tell(properties);
    return new Promise(() => undefined);
  });
} else {
  await broker.consume(task.queue, {
    prefetch: task.prefetch,
    onDelivery: ({ message }) => tell(message.id),
  });
}
process.once('disconnect', () => process.exit());
tell('ready');
