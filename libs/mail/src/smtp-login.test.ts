import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { systemClock } from '@leveret/core';
import { type SmtpServerOptions, sampleMail, startSmtpServer, type TestSmtpServer } from '@leveret/testing';
import { afterAll, expect, test } from 'vitest';
import { createSmtpMailer } from './smtp-mailer.ts';

const USER = 'ann';
const PASSWORD = 's3cr/t:p@ss';

const folder = mkdtempSync(join(tmpdir(), 'leveret-tls-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A certificate of its own authority for `host`. */
function certify(host: string) {
  const [key, cert] = [join(folder, `${host}.key`), join(folder, `${host}.pem`)];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const name = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
  execFileSync('openssl', ['req', '-x509', ...curve, ...name, '-days', '2', '-keyout', key, '-out', cert], {
    stdio: 'pipe',
  });
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}

const ours = certify('localhost');
const others = certify('mail.example.com');

/** Sends one mail with a login to a server. */
async function sendTo(
  options: SmtpServerOptions,
  trustedCertificates: string,
): Promise<{ server: TestSmtpServer; sent: unknown }> {
  const server = await startSmtpServer({ offersLogin: true, ...options });
  const protocol = options.tls?.isImplicit ? 'smtps' : 'smtp';
  const url = `${protocol}://${USER}:${encodeURIComponent(PASSWORD)}@localhost:${server.port}`;
  const mailer = createSmtpMailer({ url, clock: systemClock, trustedCertificates });
  const signal = new AbortController().signal;
  const sent = await mailer
    .send(sampleMail(), { idempotencyKey: 'a', signal })
    .catch((error: unknown) => error);
  await mailer.close();
  await server.close();
  return { server, sent };
}

test.each([true, false])('a login is sent over TLS (from the first byte: %s)', async (isImplicit) => {
  const { server, sent } = await sendTo({ tls: { ...ours, isImplicit } }, ours.cert);

  expect(sent).toMatchObject([{ outcome: 'accepted' }]);
  expect(server.logins()).toEqual([`${USER}:${PASSWORD}`]);
});

test.each<[string, SmtpServerOptions, string]>([
  ['offers no TLS', {}, ours.cert],
  ['shows a certificate nobody vouches for', { tls: { ...ours, isImplicit: false } }, others.cert],
  ['shows a certificate of another name', { tls: { ...others, isImplicit: false } }, others.cert],
  [
    'shows a certificate of another name from the first byte',
    { tls: { ...others, isImplicit: true } },
    others.cert,
  ],
])('a server that %s is not told the password, and the mail waits', async (_what, options, trusted) => {
  const { server, sent } = await sendTo(options, trusted);

  expect(sent).toMatchObject({ code: 'MAIL_DEFERRED' });
  expect(server.logins()).toEqual([]);
  expect(server.mails()).toEqual([]);
});

test('a login that is refused defers the mail, and no error repeats it, not even when the server does', async () => {
  const { server, sent } = await sendTo(
    {
      tls: { ...ours, isImplicit: true },
      script: { login: () => false, loginWords: (user, password) => `${user} is not ${password}` },
    },
    ours.cert,
  );

  expect(server.logins()).not.toEqual([]);
  expect(sent).toMatchObject({ code: 'MAIL_DEFERRED', message: expect.stringContaining('*** is not ***') });
  const said = inspect(sent, { depth: 20, showHidden: true });
  expect(said).not.toContain(PASSWORD);
  expect(said).not.toContain(Buffer.from(PASSWORD).toString('base64'));
  expect(said).not.toContain(Buffer.from(`\0${USER}\0${PASSWORD}`).toString('base64'));
});
