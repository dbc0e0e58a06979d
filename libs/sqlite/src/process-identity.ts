import { readFileSync, readlinkSync } from 'node:fs';

/** Field of `/proc/<pid>/stat` that holds when the process started (proc(5), field 22), counted behind the program's name. */
const START_TIME_FIELD = 19;

/**
 * Names a process so that it can be told from a later one of the same number, and from one of another container: its number,
 * when it started and its pid namespace, as far as the system says.
 */
export function processIdentity(pid: number = process.pid): string {
  return `${pid} ${startTimeOf(pid)} ${namespace()}`;
}

/** Whether the process of `identity` is known to be gone. One of another container cannot be judged, and counts as alive. */
export function isGone(identity: string): boolean {
  const [pid = '', , space = ''] = identity.split(' ');
  if (space !== namespace()) return false;
  return !isAlive(Number(pid)) || processIdentity(Number(pid)) !== identity;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function startTimeOf(pid: number): string {
  const stat = ifReadable(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_TIME_FIELD] || '-';
}

function namespace(): string {
  return ifReadable(() => readlinkSync('/proc/self/ns/pid')) || '-';
}

/** What `read` gives, or nothing on a system without /proc and for a process that is gone. */
function ifReadable(read: () => string): string {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return '';
    throw error;
  }
}
