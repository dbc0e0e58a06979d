import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTestEnvironment } from './environment.ts';

/** Folders in which packages put the programs of RabbitMQ; not those on PATH, which insist on a user of their own. */
const PROGRAM_FOLDERS = [
  '/usr/lib/rabbitmq/bin',
  '/usr/local/sbin',
  '/opt/rabbitmq/sbin',
  '/opt/homebrew/sbin',
];

/** A program and its first arguments. */
export type Command = readonly [string, ...string[]];

/** An installed RabbitMQ server. */
export interface RabbitmqServer {
  /** Where it is, in words. */
  readonly origin: string;
  readonly serverCommand: Command;
  readonly ctlCommand: Command;
  /** The Erlang port mapper. */
  readonly epmdCommand: Command;
}

/**
 * The installed server to test with: that of the system at `LEVERET_TEST_RABBITMQ_ROOT`, else that of this machine.
 *
 * @throws {Error} when there is none at the root that the environment names.
 */
export function findServer(): RabbitmqServer | undefined {
  const { rabbitmqRoot } = readTestEnvironment();
  const folder = PROGRAM_FOLDERS.find((candidate) =>
    existsSync(join(rabbitmqRoot ?? '/', candidate, 'rabbitmq-server')),
  );
  if (rabbitmqRoot === undefined) return folder === undefined ? undefined : toServer(folder, []);
  if (folder === undefined) throw new Error(`no rabbitmq-server is installed below ${rabbitmqRoot}`);
  return { ...toServer(folder, enter(rabbitmqRoot)), origin: `${folder} below ${rabbitmqRoot}` };
}

/** Whether there is an installed server, so that tests can start nodes of their own. */
export function hasServer(): boolean {
  return findServer() !== undefined;
}

/** The installed server. @throws {Error} when there is none. */
export function requireServer(): RabbitmqServer {
  const server = findServer();
  if (server === undefined) throw new Error('no rabbitmq-server is installed');
  return server;
}

function toServer(folder: string, entry: readonly string[]): RabbitmqServer {
  const toCommand = (program: string) => [...entry, program] as unknown as Command;
  return {
    origin: folder,
    serverCommand: toCommand(join(folder, 'rabbitmq-server')),
    ctlCommand: toCommand(join(folder, 'rabbitmqctl')),
    epmdCommand: toCommand('epmd'),
  };
}

/** Runs what follows in the system below `root`, which sees our temporary folder at its own place. The mounts end with the program. */
function enter(root: string): readonly string[] {
  return ['unshare', '--mount', 'sh', '-c', ENTER, root, tmpdir()];
}

const ENTER = `
set -e
folder=$1; shift
mkdir -p "$0$folder"
mount --bind "$folder" "$0$folder"
touch "$0/etc/hosts"
mount --bind /etc/hosts "$0/etc/hosts"
mount --rbind /dev "$0/dev"
mount --rbind /proc "$0/proc"
exec chroot "$0" "$@"
`;
