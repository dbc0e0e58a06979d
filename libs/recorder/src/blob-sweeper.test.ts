import {
  BLOB_GRACE_MS,
  type BlobReferences,
  type Clock,
  LeveretError,
  type Logger,
  PENDING_BLOB_MS,
  placesOf,
  type RecordingLag,
  silentLogger,
  type UnreferencedBlob,
} from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { type BlobSweeperOptions, startBlobSweeper } from './blob-sweeper.ts';

const NOW = 1_800_000_000_000;
const OLD = NOW - 2 * BLOB_GRACE_MS;
const MINUTE_MS = 60_000;

/** The id of the ledger. */
const LEDGER = '01900000-0000-7000-8000-000000000001';
/** The file that has the id of the storage. */
const MARKER = 'leveret-storage';

/** What a sweeper does to the storage. */
type Step = keyof BlobSweeperOptions['blobs'];
/** Is called before a step; the step is done when it resolves. */
type Before = (step: Step, key: string) => Promise<void> | void;

/** A storage, empty while it is not mounted. */
interface Storage {
  readonly stored: Map<string, number>;
  /** What {@link MARKER} has in it. */
  marker: string | undefined;
  isMounted: boolean;
}

/** A storage of files, by key, with when they were written. */
function createFiles(
  storage: Storage,
  { now }: Pick<Clock, 'now'>,
  before: Before,
): BlobSweeperOptions['blobs'] {
  const nothing = new Map<string, number>();
  const filesOf = () => (storage.isMounted ? storage.stored : nothing);
  return {
    now: async () => now(),
    async open(key) {
      await before('open', key);
      const { marker } = storage;
      if (key !== MARKER || marker === undefined || !storage.isMounted)
        throw new LeveretError('BLOB_NOT_FOUND', key);
      return (async function* () {
        yield Buffer.from(marker);
      })();
    },
    async put(key, bytes) {
      expect(key).toBe(MARKER);
      storage.marker = '';
      for await (const chunk of bytes) storage.marker += Buffer.from(chunk).toString();
      return { key, sizeBytes: 1, sha256: '' };
    },
    async *list(prefix) {
      await before('list', prefix);
      for (const [key, writtenAt] of [...filesOf()])
        if (prefix === '' || key === prefix || (prefix.endsWith('/') && key.startsWith(prefix)))
          yield { key, writtenAt };
    },
    async stat(key) {
      await before('stat', key);
      return filesOf().has(key) ? { key, sizeBytes: 1 } : undefined;
    },
    async move(from, to) {
      await before('move', from);
      const writtenAt = filesOf().get(from);
      if (writtenAt === undefined) throw new LeveretError('BLOB_NOT_FOUND', from);
      filesOf().delete(from);
      filesOf().set(to, writtenAt);
    },
    async delete(key) {
      await before('delete', key);
      filesOf().delete(key);
    },
    async sweep(prefix, olderThanMs, options) {
      await before('sweep', prefix);
      expect([olderThanMs, options]).toEqual([BLOB_GRACE_MS, { isUnfinishedOnly: true }]);
      return 0;
    },
  };
}

/** A storage of `files`, and a ledger that lists `due` as unreferenced. */
function setUp(files: Readonly<Record<string, number>>, due: readonly string[]) {
  const clock = createManualClock(NOW);
  const waiting: (() => void)[] = [];
  const schedule: Clock['schedule'] = (delayMs, run) => {
    for (const resolve of waiting.splice(0)) resolve();
    return clock.schedule(delayMs, run);
  };
  const storage: Storage = { stored: new Map(Object.entries(files)), marker: undefined, isMounted: true };
  const { stored } = storage;
  let notedId: string | undefined;
  const referenced = new Set<string>();
  const unreferenced = new Map(due.map((key) => [key, OLD]));
  const lines: string[] = [];
  const note = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const logger: Logger = { ...silentLogger, info: note, warn: note };
  let before: Before = () => undefined;
  const ledger: { isAway: boolean; lag: RecordingLag } = {
    isAway: false,
    lag: { isReported: true, behindMs: 0 },
  };
  const isThere = ({ key, sinceAt }: UnreferencedBlob) => unreferenced.get(key) === sinceAt;
  const references: BlobReferences = {
    listUnreferenced: async (limit) =>
      [...unreferenced]
        .filter(([, sinceAt]) => sinceAt <= clock.now() - BLOB_GRACE_MS)
        .slice(0, limit)
        .map(([key, sinceAt]) => ({ key, sinceAt })),
    async findReferenced(keys) {
      if (ledger.isAway) throw new LeveretError('STORE_UNAVAILABLE', 'away');
      return keys.filter((key) => placesOf(key).some((place) => referenced.has(place)));
    },
    async forget(blob) {
      if (isThere(blob)) unreferenced.delete(blob.key);
    },
    async postpone(blob) {
      if (isThere(blob)) unreferenced.set(blob.key, clock.now());
    },
    listUnrecorded: async () => undefined,
    recordMissing: async () => undefined,
    storage: async () => ({
      id: notedId ?? LEDGER,
      isNoted: notedId !== undefined,
      hasKeys: unreferenced.size > 0,
    }),
    async noteStorage(id) {
      notedId ??= id;
    },
  };
  const storageClock = { aheadMs: 0 };
  /** Resolves when a sweeper waits for its time. */
  async function untilWaiting(): Promise<void> {
    if (clock.pending() === 0) await new Promise<void>((resolve) => waiting.push(resolve));
  }
  const blobs = createFiles(storage, { now: () => clock.now() + storageClock.aheadMs }, (step, key) =>
    before(step, key),
  );
  return {
    stored,
    storage,
    storageClock,
    lines,
    ledger,
    unreferenced,
    start: () =>
      startBlobSweeper({
        blobs,
        references,
        lag: async () => ledger.lag,
        definitions: [],
        clock: { ...clock, schedule },
        logger,
      }),
    keys: () => [...stored.keys()],
    /** Time goes by once no sweeper has anything to do until later, except one that is stuck. Resolves when that is so again. */
    async pass(ms: number) {
      await untilWaiting();
      await clock.advance(ms);
      await untilWaiting();
    },
    /** A job is accepted that refers to `key`. */
    refer(key: string) {
      referenced.add(key);
      unreferenced.delete(key);
    },
    /** Calls `act` once, right before the storage does `wanted` to a key like `pattern`. */
    atStep(wanted: Step, pattern: RegExp, act: () => Promise<void> | void) {
      before = (step, key) => {
        if (step !== wanted || !pattern.test(key)) return;
        before = () => undefined;
        return act();
      };
    },
  };
}

test('files are deleted that no job refers to, and no others', async () => {
  const { pass, keys, lines, unreferenced, start } = setUp(
    {
      'sources/1': OLD,
      'sources/2': OLD,
      'thumbnails/1/a': OLD,
      'thumbnails/1/b': OLD,
      'thumbnails/11/a': OLD,
    },
    ['sources/1', 'thumbnails/1/', 'sources/3'],
  );

  const sweeper = start();
  await pass(0);
  await sweeper.stop();

  expect(keys()).toEqual(['sources/2', 'thumbnails/11/a']);
  expect([...unreferenced]).toEqual([]);
  expect(lines).toEqual(['deleted files that no job refers to {"fileCount":3}']);
});

test('it looks every minute', async () => {
  const { pass, keys, unreferenced, start } = setUp({ 'sources/1': OLD }, []);
  const sweeper = start();
  await pass(MINUTE_MS / 2);
  unreferenced.set('sources/1', OLD);

  await pass(MINUTE_MS / 2);
  await sweeper.stop();

  expect(keys()).toEqual([]);
});

test('a file of a folder stays while a job refers to it alone', async () => {
  const { pass, keys, unreferenced, refer, start } = setUp({ 'thumbnails/1/a': OLD, 'thumbnails/1/b': OLD }, [
    'thumbnails/1/',
  ]);
  refer('thumbnails/1/b');

  const sweeper = start();
  await pass(0);
  await sweeper.stop();

  expect(keys()).toEqual(['thumbnails/1/b']);
  expect([...unreferenced]).toEqual([]);
});

test('a file that was written within the last hour is deleted later', async () => {
  const { pass, keys, start } = setUp({ 'sources/1': NOW - BLOB_GRACE_MS + 1 }, ['sources/1']);

  const sweeper = start();
  await pass(MINUTE_MS);
  const before = keys();
  await pass(BLOB_GRACE_MS);
  await sweeper.stop();

  expect([before, keys()]).toEqual([['sources/1'], []]);
});

test.each(['refers to it', 'stores it again'])(
  'a file is put back when a job %s while it is being deleted',
  async (what) => {
    const { pass, stored, keys, atStep, refer, start } = setUp({ 'thumbnails/1/a': OLD }, ['thumbnails/1/']);
    atStep('move', /^thumbnails/, () => {
      if (what === 'refers to it') refer('thumbnails/1/');
      else stored.set('thumbnails/1/a', NOW);
    });

    const sweeper = start();
    await pass(MINUTE_MS);
    await sweeper.stop();

    expect(keys()).toEqual(['thumbnails/1/a']);
  },
);

test('a file that a job stores in the place of one that is being deleted stays', async () => {
  const { pass, stored, keys, atStep, refer, start } = setUp({ 'thumbnails/1/a': OLD }, ['thumbnails/1/']);
  atStep('list', /^leveret-deleted\/.+a$/, () => {
    refer('thumbnails/1/');
    stored.set('thumbnails/1/a', NOW);
  });

  const sweeper = start();
  await pass(MINUTE_MS);
  await sweeper.stop();

  expect([keys(), stored.get('thumbnails/1/a')]).toEqual([['thumbnails/1/a'], NOW]);
});

test.each<[Step, RegExp]>([
  ['list', /^thumbnails/],
  ['move', /^thumbnails/],
  ['list', /^leveret-deleted\/.+a$/],
  ['delete', /^leveret-deleted/],
  ['sweep', /^thumbnails/],
])('a sweeper finishes what another left that was killed before "%s" of %s', async (step, pattern) => {
  for (const isNeeded of [false, true]) {
    const { pass, keys, atStep, refer, start, unreferenced } = setUp({ 'thumbnails/1/a': OLD }, [
      'thumbnails/1/',
    ]);
    const killed = new Promise<void>((resolve) => {
      atStep(step, pattern, () => {
        resolve();
        return new Promise(() => undefined);
      });
    });
    start();
    await killed;
    if (isNeeded) refer('thumbnails/1/');

    const sweeper = start();
    await pass(MINUTE_MS);
    await sweeper.stop();

    expect(keys()).toEqual(isNeeded && step !== 'sweep' ? ['thumbnails/1/a'] : []);
    expect([...unreferenced]).toEqual([]);
  }
});

test.each<RecordingLag>([
  { isReported: false },
  { isReported: false, behindMs: 0 },
  { isReported: true, behindMs: BLOB_GRACE_MS / 2 },
])('nothing is deleted while the ledger may not know of a job: %o', async (lag) => {
  const { ledger, pass, keys, start } = setUp({ 'thumbnails/1/a': OLD }, ['thumbnails/1/']);
  ledger.lag = lag;

  const sweeper = start();
  await pass(0);
  const before = keys();
  ledger.lag = { isReported: true, behindMs: 1_000 };
  await pass(MINUTE_MS);
  await sweeper.stop();

  expect([before, keys()]).toEqual([['thumbnails/1/a'], []]);
});

test('a file is put back when the ledger does not say whether a job needs it, and is deleted later', async () => {
  const { ledger, pass, keys, atStep, start } = setUp({ 'thumbnails/1/a': OLD }, ['thumbnails/1/']);
  atStep('list', /^leveret-deleted\/.+a$/, () => {
    ledger.isAway = true;
  });

  const sweeper = start();
  await pass(0);
  const whileAway = keys();
  ledger.isAway = false;
  await pass(BLOB_GRACE_MS);
  await sweeper.stop();

  expect([whileAway, keys()]).toEqual([['thumbnails/1/a'], []]);
});

test('a frozen sweeper that goes on deletes nothing that a job needs by now', async () => {
  const { pass, stored, keys, atStep, refer, start } = setUp({ 'thumbnails/1/a': OLD }, ['thumbnails/1/']);
  let goOn: () => void = () => undefined;
  const frozen = new Promise<void>((resolve) => {
    atStep('delete', /^leveret-deleted/, () => {
      resolve();
      return new Promise<void>((proceed) => {
        goOn = proceed;
      });
    });
  });
  const one = start();
  await frozen;
  refer('thumbnails/1/');
  stored.set('thumbnails/1/a', NOW);
  const other = start();
  await pass(MINUTE_MS);

  goOn();
  await Promise.all([one.stop(), other.stop()]);

  expect(keys()).toEqual(['thumbnails/1/a']);
});

test.each<[string, Step, RegExp]>([
  ['a file', 'move', /^sources\/1$/],
  ['a file that a killed sweeper left', 'delete', /^leveret-deleted\/1\/sources\/0$/],
])('%s that cannot be deleted keeps no other back, and is tried again', async (_name, step, pattern) => {
  const { pass, keys, lines, atStep, start } = setUp(
    { 'leveret-deleted/1/sources/0': OLD, 'sources/1': OLD, 'sources/2': OLD },
    ['sources/1', 'sources/2'],
  );
  atStep(step, pattern, () => {
    throw new LeveretError('STORAGE_UNAVAILABLE', 'cannot move a file: EIO');
  });

  const sweeper = start();
  await pass(0);
  const before = keys();
  await pass(BLOB_GRACE_MS);
  await sweeper.stop();

  expect(before).toEqual([expect.stringMatching(pattern)]);
  expect(keys()).toEqual([]);
  expect(lines[0]).toContain('cannot delete files that no job refers to: will try again');
});

test.each([-3 * BLOB_GRACE_MS, 3 * BLOB_GRACE_MS])(
  'the age of a file is told by the clock of the storage, which is %d ms ahead',
  async (aheadMs) => {
    const { pass, keys, storageClock, start } = setUp(
      { 'sources/young': NOW + aheadMs - BLOB_GRACE_MS + 1, 'sources/old': OLD + aheadMs },
      ['sources/young', 'sources/old'],
    );
    storageClock.aheadMs = aheadMs;

    const sweeper = start();
    await pass(0);
    await sweeper.stop();

    expect(keys()).toEqual(['sources/young']);
  },
);

test('keys are kept while the storage is not mounted, and their files are deleted once it is', async () => {
  const { pass, keys, lines, storage, unreferenced, start } = setUp({ 'sources/1': OLD }, []);
  const sweeper = start();
  await pass(MINUTE_MS);
  unreferenced.set('sources/1', OLD);
  storage.isMounted = false;

  await pass(MINUTE_MS);
  const whileAway = [...unreferenced.keys()];
  storage.isMounted = true;
  await pass(MINUTE_MS);
  await sweeper.stop();

  expect(whileAway).toEqual(['sources/1']);
  expect([keys(), [...unreferenced]]).toEqual([[], []]);
  expect(lines[0]).toContain(`store the text ${LEDGER} as \\"${MARKER}\\" in it`);
});

test('a key is kept when the storage is unmounted while its files are looked for', async () => {
  const { pass, storage, unreferenced, atStep, start } = setUp({ 'sources/1': OLD }, ['sources/1']);
  atStep('list', /^sources/, () => {
    storage.isMounted = false;
  });

  const sweeper = start();
  await pass(0);
  await sweeper.stop();

  expect([...unreferenced]).toEqual([['sources/1', OLD]]);
});

test('an empty storage is not taken for that of a ledger with keys before it has an id', async () => {
  const { pass, keys, storage, unreferenced, start } = setUp({ 'sources/1': OLD }, ['sources/1']);
  storage.isMounted = false;
  const sweeper = start();
  await pass(0);
  const whileAway = [[...unreferenced.keys()], storage.marker];

  storage.isMounted = true;
  await pass(MINUTE_MS);
  await sweeper.stop();

  expect(whileAway).toEqual([['sources/1'], undefined]);
  expect([keys(), storage.marker]).toEqual([[], LEDGER]);
});

test('a storage that has an id keeps it, also with white space around it', async () => {
  const { pass, keys, lines, storage, start } = setUp({ 'sources/1': OLD }, ['sources/1']);
  storage.marker = 'another ledger\n';

  const sweeper = start();
  await pass(0);
  storage.marker = 'another ledger';
  await pass(MINUTE_MS);
  await sweeper.stop();

  expect([keys(), lines]).toEqual([[], ['deleted files that no job refers to {"fileCount":1}']]);
});

test('nothing is deleted in a storage with another id than the ledger has noted', async () => {
  const { pass, keys, storage, unreferenced, start } = setUp({ 'sources/1': OLD }, []);
  const sweeper = start();
  await pass(0);
  storage.marker = 'another';
  unreferenced.set('sources/1', OLD);

  await pass(MINUTE_MS);
  await sweeper.stop();

  expect([keys(), [...unreferenced.keys()]]).toEqual([['sources/1'], ['sources/1']]);
});

test('a file whose job was not accepted within a day is deleted, unless a job refers to it', async () => {
  const files = Object.fromEntries(['1', '2', '3'].map((id) => [`sources/${id}`, NOW - 2 * PENDING_BLOB_MS]));
  const { pass, keys, refer, start } = setUp(
    {
      ...files,
      'leveret-pending/sources/1': NOW - PENDING_BLOB_MS,
      'leveret-pending/sources/2': NOW - PENDING_BLOB_MS,
      'leveret-pending/sources/3': NOW - PENDING_BLOB_MS + 1,
      'leveret-pending/sources/4': NOW - PENDING_BLOB_MS,
    },
    [],
  );
  refer('sources/2');

  const sweeper = start();
  await pass(0);
  await sweeper.stop();

  expect(keys()).toEqual(['sources/2', 'sources/3', 'leveret-pending/sources/3']);
});

test('of a key without a "/" at its end, only that file is deleted', async () => {
  const { pass, keys, start } = setUp(
    { 'sources/1': OLD, 'leveret-pending/sources': NOW - PENDING_BLOB_MS },
    ['sources'],
  );

  const sweeper = start();
  await pass(0);
  await sweeper.stop();

  expect(keys()).toEqual(['sources/1']);
});
