import { hasRabbitmq } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { runMutated } from './run-mutated.ts';
import { transportMutants } from './transport-mutants.ts';

describe.skipIf(!hasRabbitmq())('a planted bug', () => {
  test.concurrent.each(transportMutants)('is caught: $name', async (mutant) => {
    const { status, words } = await runMutated(mutant);

    expect(status).toBe('failed');
    process.stdout.write(`Caught: ${mutant.name} | ${words.slice(0, 120)}\n`);
  });
});
