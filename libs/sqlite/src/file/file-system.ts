import { mkdir, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LeveretError, messageOf } from '@leveret/core';

/**
 * File systems on which SQLite's locks do not hold between machines, by their magic number (statfs(2), linux/magic.h). Those
 * that run on FUSE (GlusterFS, SSHFS) cannot be told from local ones: all of them have its number, 0x65735546.
 */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x5346414f, 'AFS'],
]);

/**
 * Makes sure that a database file can be kept at `file`, making its folder if need be.
 *
 * @throws {LeveretError} `DATA_DIR_UNWRITABLE`, or `CONFIG_INVALID` on a network file system.
 */
export async function prepareFolder(file: string): Promise<void> {
  const folder = dirname(file);
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new LeveretError('DATA_DIR_UNWRITABLE', `cannot make the folder ${folder}: ${messageOf(cause)}`, {
      cause,
    });
  }
  refuseNetworkFileSystem(await typeOf(folder), folder);
}

async function typeOf(folder: string): Promise<number> {
  try {
    return (await statfs(folder)).type;
  } catch (cause) {
    throw new LeveretError('DATA_DIR_UNWRITABLE', `cannot use the folder ${folder}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** @throws {LeveretError} `CONFIG_INVALID` when the magic number `type` is that of a network file system. */
export function refuseNetworkFileSystem(type: number, folder: string): void {
  const name = NETWORK_FILE_SYSTEMS.get(type);
  if (name === undefined) return;
  throw new LeveretError(
    'CONFIG_INVALID',
    `${folder} is on ${name}: SQLite cannot lock files there; use a folder on a local disk, or RabbitMQ between machines`,
  );
}
