import type { ControlAuthor } from '@leveret/core';
import type { FastifyRequest } from 'fastify';
import { principalOf } from '../../access/guard.ts';

/** Who acts by a request, and why: for the audit. */
export function authorOf(
  request: FastifyRequest,
  body: { readonly reason?: string | undefined } | null,
): ControlAuthor {
  const { name: by } = principalOf(request);
  const reason = body?.reason;
  return reason === undefined ? { by } : { by, reason };
}
