import { type Json, NOTHING_DECIDED } from '@leveret/core';

/** Answers a worker as a ledger in which nothing was decided, and which knows of no start. @throws for everything but a view. */
export async function answerWorker(question: Json): Promise<Json> {
  const { type } = question as { readonly type?: string };
  if (type === 'view') return { ...NOTHING_DECIDED } as unknown as Json;
  throw new Error('there is no ledger');
}
