import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { LeveretError } from '@leveret/core';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';

/** Most headers of a request. */
const MAX_HEADERS = 100;

/** Connections on which a request was refused. Node hands over the next request before the connection is closed. */
const refused = new WeakSet<Socket>();

async function strictRequestsPlugin(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', async ({ raw }, reply) => {
    const fault = refused.has(raw.socket)
      ? invalid('an earlier request on its connection was refused')
      : faultOf(raw);
    if (fault === undefined) return;
    // A proxy may have read this request in another way, and take the next one for part of it.
    refused.add(raw.socket);
    reply.header('connection', 'close');
    throw fault;
  });
}

/** What is wrong with how a request is written, where Node's parser lets it pass. */
function faultOf(request: IncomingMessage): LeveretError | undefined {
  const { url = '', headers, rawHeaders, httpVersion } = request;
  const hostCount = rawHeaders.filter((name, index) => index % 2 === 0 && isHost(name)).length;
  if (rawHeaders.length > 2 * MAX_HEADERS)
    return new LeveretError('HEADERS_TOO_LARGE', `the request has more than ${MAX_HEADERS} headers`);
  if (!url.startsWith('/') && url !== '*') return invalid('its target must be a path of this server');
  if (hostCount > 1) return invalid('it has more than one Host header');
  if (hostCount === 0 && httpVersion !== '1.0') return invalid('it has no Host header');
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    return invalid('no other transfer encoding than chunked is taken');
  const expectation = headers.expect;
  if (expectation !== undefined && expectation.toLowerCase() !== '100-continue')
    return invalid('no other expectation than 100-continue is met');
  return undefined;
}

function isHost(name: string): boolean {
  return name.toLowerCase() === 'host';
}

function invalid(what: string): LeveretError {
  return new LeveretError('REQUEST_INVALID', what);
}

/**
 * Refuses requests that two programs might read in two ways: a target that names another server, several hosts or none,
 * codings and expectations nobody here knows, headers by the hundred. Their connection is closed, and nothing is done for later requests on it.
 */
export const strictRequests = fp(strictRequestsPlugin, { name: 'leveret-strict-requests', fastify: '5.x' });
