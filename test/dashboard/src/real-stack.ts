import { createClosingSteps } from '@leveret/config';
import { type Installation, makeFolder, type RunningServer, startApi, startWorker } from '@leveret/e2e';
import type { AdminRole } from '@leveret/http-contract/verbs';
import { type SmtpScript, startSmtpServer, type TestSmtpServer } from '@leveret/testing';
import type { AppProcess } from '@leveret/testing/processes';
import { openVhost, type TestVhost } from '@leveret/testing/rabbitmq';
import { type AdminClient, signIn } from './admin-client.ts';

/** How a stack is started. */
export interface RealStackOptions {
  /** How the mail server behaves at first; it accepts whatever is left out. */
  readonly smtp?: SmtpScript;
  /** Jobs that each worker runs at a time, of each queue. */
  readonly concurrency?: number;
}

/** What signs in. */
export interface Login {
  readonly name: string;
  readonly password: string;
}

/** The product as it is run: RabbitMQ, a ledger, an API process with the dashboard, two worker processes, and a mail server that the test controls. */
export interface RealStack extends AsyncDisposable {
  /** What another process needs to join. */
  readonly installation: Installation;
  readonly api: RunningServer;
  readonly workers: readonly [AppProcess, AppProcess];
  readonly smtp: TestSmtpServer;
  readonly vhost: TestVhost;
  /** Of the dashboard. */
  readonly url: string;
  /** The first account, and a client that is signed in with it. */
  readonly admin: Login & { readonly client: AdminClient };
  /** Adds an account. */
  addAccount(name: string, role: AdminRole): Promise<Login>;
}

/** Starts a stack in a virtual host and a folder of its own. */
export async function startRealStack(options: RealStackOptions = {}): Promise<RealStack> {
  const { smtp: script = {}, concurrency = 4 } = options;
  const closing = createClosingSteps();
  const keep = <Opened extends AsyncDisposable>(opened: Opened): Opened => {
    closing.add(async () => await opened[Symbol.asyncDispose]());
    return opened;
  };
  return await closing.attempt(async () => {
    const { path: dataDir } = keep(await makeFolder());
    const vhost = keep(await openVhost());
    const smtp = keep(await startSmtpServer({ script }));
    const installation: Installation = { dataDir, amqpUrl: vhost.amqpUrl, smtpUrl: smtp.url };
    const api = keep(await startApi(installation));
    const startOne = async () => keep(await startWorker(installation, ['--concurrency', `${concurrency}`]));
    const workers = await Promise.all([startOne(), startOne()]);
    const admin = await signInAsAdmin(api);
    return {
      installation,
      api,
      workers,
      smtp,
      vhost,
      url: `${api.client.url}/admin`,
      admin,
      async addAccount(name, role) {
        const password = `the password of ${name}`;
        await admin.client.post('/accounts', { name, role, password });
        return { name, password };
      },
      [Symbol.asyncDispose]: closing.run,
    };
  });
}

/** The first start prints the password of the first account. */
async function signInAsAdmin({ app, client }: RunningServer): Promise<RealStack['admin']> {
  const [, name = '', password = ''] = await app.until(/a first account: (\S+), with the password (\S+)/);
  return { name, password, client: await signIn(client.url, name, password) };
}
