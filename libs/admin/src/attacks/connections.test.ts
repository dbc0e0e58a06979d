import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { addAccount, openBench, serveAdminOnPort, signIn } from '../../fixtures/account-bench.ts';
import { openRawConnection } from '../../fixtures/raw-connection.ts';

const SESSION = '/v1/admin/session';

/** An admin API on a port, with the accounts `ada`, who has signed in, and `vic`. */
async function serve(options: Parameters<typeof serveAdminOnPort>[0]['http'] = {}) {
  const bench = await openBench();
  await addAccount(bench, 'ada', 'admin');
  await addAccount(bench, 'vic', 'viewer');
  const { app, send } = await serveAdminOnPort({ bench, http: options });
  const { port } = app.server.address() as AddressInfo;
  const { cookie = '' } = await signIn(send, 'ada');
  return { bench, send, port, cookie };
}

/** A request of a session that removes an account. */
function removal(cookie: string): string {
  return `DELETE /v1/admin/accounts/vic HTTP/1.1\r\nHost: leveret.example\r\nCookie: ${cookie}\r\n\r\n`;
}

const POST = `POST ${SESSION} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n`;
const GET = `GET ${SESSION} HTTP/1.1\r\n`;

test.each<[string, (smuggled: string) => string]>([
  [
    'a length and chunks',
    (smuggled) => `${POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  ],
  [
    'two lengths',
    (smuggled) => `${POST}Content-Length: 2\r\nContent-Length: ${2 + smuggled.length}\r\n\r\n{}${smuggled}`,
  ],
  [
    'an unknown transfer coding',
    (smuggled) => `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
  ],
  [
    'a transfer coding with a space before its colon',
    (smuggled) => `${POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  ],
  ['line feeds alone', (smuggled) => `${GET.trim()}\nHost: a\n\n${smuggled}`],
  ['a line feed alone between headers', (smuggled) => `${POST}Content-Length: 2\nX: y\r\n\r\n{}${smuggled}`],
  ['an absolute target', (smuggled) => `GET http://a${SESSION} HTTP/1.1\r\nHost: a\r\n\r\n${smuggled}`],
  [
    'a chunk extension of a megabyte',
    (smuggled) =>
      `${POST}Transfer-Encoding: chunked\r\n\r\n2;${'x'.repeat(1_000_000)}\r\n{}\r\n0\r\n\r\n${smuggled}`,
  ],
  [
    'a header that is continued on the next line',
    (smuggled) => `${GET}Host: a\r\nX: y\r\n z\r\n\r\n${smuggled}`,
  ],
])(
  'A-08 a request with %s is refused, and what follows on its connection is not read',
  async (_name, write) => {
    const { bench, port, cookie } = await serve();
    const connection = openRawConnection(port);

    connection.write(write(removal(cookie)));
    const { statuses, said } = await connection.closed;

    expect(statuses, said).toEqual([expect.toBeOneOf([400, 413])]);
    expect(said.toLowerCase()).toContain('connection: close');
    expect(await bench.accounts.accounts()).toHaveLength(2);
  },
);

test('A-08 the request that those would smuggle does its work when it is sent as it should be', async () => {
  const { bench, port, cookie } = await serve();
  const connection = openRawConnection(port);

  connection.write(removal(cookie).replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));

  expect((await connection.closed).statuses).toEqual([204]);
  expect(await bench.accounts.accounts()).toHaveLength(1);
});

test.each([
  ['many headers', 'A: b\r\n'.repeat(2_000)],
  ['one that is long', `A: ${'b'.repeat(20_000)}\r\n`],
])('A-06 a request with %s is refused with 431', async (_name, headers) => {
  const { port } = await serve();
  const connection = openRawConnection(port);

  connection.write(`${GET}Host: a\r\n${headers}\r\n`);

  expect(await connection.closed).toMatchObject({
    statuses: [431],
    said: expect.stringContaining('"code":"HEADERS_TOO_LARGE"'),
  });
});

/** Clients of each kind that hold connections. */
const CLIENTS = 150;

test('A-06 clients that say nothing, and that stop in the middle of a head or send it by drops, are closed at the deadline; others are answered', async () => {
  const deadlineMs = 1_000;
  const { port, send, bench } = await serve({ headersTimeout: deadlineMs, connectionsCheckingInterval: 100 });
  const startedAt = performance.now();
  const silent = Array.from({ length: CLIENTS }, () => openRawConnection(port));
  const stuck = Array.from({ length: CLIENTS }, () => openRawConnection(port));
  const slow = Array.from({ length: CLIENTS }, () => openRawConnection(port));
  for (const { write } of stuck) write(`${GET}Host: a\r\nX-Slow: `);
  for (const { write } of slow) write(GET);
  const drip = setInterval(() => {
    for (const { write } of slow) write('X');
  }, 50);

  const meanwhile = await send({ url: SESSION });
  const closed = await Promise.all([...silent, ...stuck, ...slow].map((connection) => connection.closed));
  clearInterval(drip);

  expect(meanwhile.statusCode).toBe(401);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(deadlineMs - 100);
  expect(closed.flatMap(({ statuses }) => statuses).every((status) => status === 400 || status === 408)).toBe(
    true,
  );
  expect((await send({ url: SESSION })).statusCode).toBe(401);
  expect(await bench.accounts.accounts()).toHaveLength(2);
});

test('A-06 the deadline for a head is 30 s', async () => {
  const bench = await openBench();
  const { app } = await serveAdminOnPort({ bench });

  expect(app.server.headersTimeout).toBe(30_000);
});

test('O-03 TRACE sends nothing back, and CONNECT opens nothing', async () => {
  const { port, cookie } = await serve();

  for (const line of [`TRACE ${SESSION} HTTP/1.1`, 'CONNECT 127.0.0.1:25 HTTP/1.1']) {
    const connection = openRawConnection(port);
    connection.write(`${line}\r\nHost: a\r\nConnection: close\r\nCookie: ${cookie}\r\n\r\n`);
    const { said, statuses } = await connection.closed;
    expect(statuses.every((status) => status >= 400)).toBe(true);
    expect(said).not.toContain(cookie);
  }
});

test('A-02 dots in an address, as they are sent, lead to no other route', async () => {
  const { bench, send, port } = await serve();
  const { cookie = '' } = await signIn(send, 'vic');

  for (const path of [
    '/v1/admin/session/../accounts',
    '/v1/admin/./accounts',
    '/v1/admin/jobs/%2e%2e/accounts',
    '/v1/admin/jobs/..%2faccounts',
    '//v1/admin/accounts',
    '/v1/admin/accounts/..;/accounts',
  ]) {
    const connection = openRawConnection(port);
    connection.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`);
    const { statuses, said } = await connection.closed;
    expect([path, statuses]).toEqual([path, [404]]);
    expect(said).not.toContain('"role"');
  }
  expect(await bench.accounts.accounts()).toHaveLength(2);
});
