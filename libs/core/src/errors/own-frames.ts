import { MAX_STACK } from './failure.ts';

/** Folders that hold the code of a project: a path is told from the last of them on. */
const CODE_FOLDERS = new Set(['src', 'dist', 'build', 'out', 'lib']);
/** Folders of the system in which `src` and `lib` hold installed programs: `/usr/src/app`, `/var/lib/app`. */
const SYSTEM_FOLDERS = new Set(['usr', 'var', 'local']);
/** Folders between the code folder and a file that are kept, from the file upwards. */
const MAX_FOLDERS = 2;
/** Where a line goes on further than people write them, in characters, the code is minified. */
const LONGEST_WRITTEN_LINE = 500;
/** Longest name that a minifier gives. It gives another with each build. */
const LONGEST_MINIFIED_NAME = 3;

const FOREIGN_PLACES = ['node_modules', 'node:', 'wasm:', 'data:', 'eval at '];
const SEPARATOR = /[\\/]/;
const POSITION = /:\d+(?::(\d+))?$/;
/** What a receiver is called whose name says nothing, at the begin of `Object.handle`. */
const PLAIN_RECEIVER = /^(?:Object|Function|Module)\./;
/** A part of a file's name that changes with its content: `main.3f2a1b9c`, `chunk-QLZNRMTA`. */
const CONTENT_HASH = /[.-](?:[\da-f]{8,}|(?=\w*[A-Z\d])\w{8})$/;

/**
 * The first own frames of a stack, as function and file: those that are neither of Node.js nor of a package. They are the same after a deploy
 * that moved lines, with another install folder, and for a source and what was compiled of it. A function that calls itself counts once.
 *
 * @param limit Most frames.
 */
export function ownFrames(stack: string | undefined, limit: number): readonly string[] {
  const frames = new Set<string>();
  for (const line of (stack ?? '').slice(0, MAX_STACK).split('\n')) {
    if (frames.size === limit) break;
    const frame = toOwnFrame(line.trim());
    if (frame !== undefined) frames.add(frame);
  }
  return [...frames];
}

/** `at async Object.handle [as run] (file:///app/dist/mail/send.js:7:3)` as `handle mail/send`. */
function toOwnFrame(line: string): string | undefined {
  if (!line.startsWith('at ') || FOREIGN_PLACES.some((place) => line.includes(place))) return undefined;
  const isNamed = line.endsWith(')');
  const nameEnd = isNamed ? line.indexOf(' (') : 'at'.length;
  const place = isNamed ? line.slice(nameEnd + 2, -1) : line.slice('at '.length);
  // Neither `<anonymous>`, where functions of the language are, nor `index 0` of a list of promises.
  if (nameEnd < 0 || !SEPARATOR.test(place)) return undefined;
  const position = POSITION.exec(place);
  const isMinified = Number(position?.[1] ?? 0) > LONGEST_WRITTEN_LINE;
  return `${toName(line.slice('at '.length, nameEnd), isMinified)} ${toFile(place.slice(0, position?.index))}`;
}

function toName(text: string, isMinified: boolean): string {
  const alias = text.indexOf(' [as ');
  const name = (alias < 0 ? text : text.slice(0, alias))
    .replace('async ', '')
    .replace('new ', '')
    .replace(PLAIN_RECEIVER, '')
    .replace('<anonymous>', '');
  if (!isMinified) return name;
  const words = name.split('.').filter((word) => word.length > LONGEST_MINIFIED_NAME);
  return words.join('.');
}

function toFile(path: string): string {
  const steps = (path.split('?', 1)[0] ?? '').split(SEPARATOR);
  const file = steps.pop() ?? '';
  const root = steps.findLastIndex((step, index) => CODE_FOLDERS.has(step) && isInProject(steps, index));
  const folders = root < 0 ? [] : steps.slice(root + 1).slice(-MAX_FOLDERS);
  return [...folders, withoutExtension(file).replace(CONTENT_HASH, '')].join('/');
}

/** Whether the folder may be one of a project, which is installed in a folder of its own: `/build/worker` and `/usr/src/worker` are none. */
function isInProject(steps: readonly string[], index: number): boolean {
  const parent = steps[index - 1] ?? '';
  return parent !== '' && !parent.endsWith(':') && !SYSTEM_FOLDERS.has(parent);
}

function withoutExtension(file: string): string {
  const dot = file.lastIndexOf('.');
  return dot < 1 ? file : file.slice(0, dot);
}
