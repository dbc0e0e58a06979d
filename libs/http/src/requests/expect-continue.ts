import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/**
 * Makes `server` tell a client that waits with its body (`Expect: 100-continue`, which curl sends with large ones) to go on
 * only when somebody begins to read the body: what can be refused without it is refused before it was sent. For whoever
 * owns the server; without it, Node lets every client go on at once. Any other expectation is left to the routes.
 */
export function continueWhenRead(server: Server): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    const read = request._read;
    request._read = (sizeBytes) => {
      request._read = read;
      // After the head of an answer, the word to go on would stand in its body.
      if (!response.headersSent) response.writeContinue();
      read.call(request, sizeBytes);
    };
    server.emit('request', request, response);
  });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) =>
    server.emit('request', request, response),
  );
}
