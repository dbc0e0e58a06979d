import { SLOW_CONTROL_MS } from '@leveret/control';
import type { RecordingLag } from '@leveret/core';
import type { Finding } from './fault.ts';
import { type FolderDisk, ledgerOf, type Observation } from './observation.ts';
import { toCountWords, toDurationWords, toSizeWords } from './words.ts';

/** A ledger that is further behind than this, in milliseconds, is a fault. */
const MAX_BEHIND_MS = 10_000;
/** A disk with less room than this, in bytes or as a share of it, is a fault. */
const LOW_DISK = { bytes: 1_024 ** 3, share: 0.1 };

/** What is wrong with broker, ledger, recorder, control and disks. Pure. */
export function dependencyFaults(observation: Observation): readonly Finding[] {
  return [
    ...brokerFaults(observation),
    ...ledgerFaults(observation),
    ...recorderFaults(observation),
    ...controlFaults(observation),
    ...observation.disks.flatMap(diskFaults),
    ...setAsideFaults(observation),
  ];
}

function brokerFaults({ broker }: Observation): readonly Finding[] {
  if (broker.state === 'up') return [];
  const shared = { severity: 'bad', detail: broker.reason, subject: {} } as const;
  return broker.state === 'down'
    ? [
        {
          kind: 'broker-away',
          text: 'The broker cannot be reached: jobs are accepted, and run when it is back.',
          ...shared,
        },
      ]
    : [
        {
          kind: 'broker-blocked',
          text: 'The broker takes no messages: jobs are accepted, and run when it takes messages again.',
          ...shared,
        },
      ];
}

function ledgerFaults({ store, ledger }: Observation): readonly Finding[] {
  const reason = 'reason' in ledger ? ledger.reason : store.state === 'down' ? store.reason : undefined;
  if (reason === undefined) return [];
  return [
    {
      kind: 'ledger-away',
      severity: 'bad',
      text: 'The ledger cannot be used: jobs run, but what becomes of them is not shown, and nothing can be retried, cancelled or paused.',
      detail: reason,
      subject: {},
    },
  ];
}

function recorderFaults(observation: Observation): readonly Finding[] {
  const { recorderRefusal, broker, store } = observation;
  const ledger = ledgerOf(observation);
  if (ledger === undefined) return [];
  if (recorderRefusal !== undefined) return [toRecorderAway(ledger.lag, recorderRefusal)];
  // Without the broker no recorder can report, and without the ledger none can write: that is their fault.
  if (broker.state === 'down' || store.state === 'down' || observation.isStarting) return [];
  if (!ledger.lag.isReported) return [toRecorderAway(ledger.lag, undefined)];
  const { behindMs = 0 } = ledger.lag;
  if (behindMs <= MAX_BEHIND_MS) return [];
  return [
    {
      kind: 'recorder-lagging',
      severity: 'warn',
      text: `The ledger is ${toDurationWords(behindMs)} behind: states of jobs are shown as they were then.`,
      subject: {},
    },
  ];
}

function toRecorderAway({ behindMs }: RecordingLag, reason: string | undefined): Finding {
  const since = behindMs === undefined ? '' : ` for ${toDurationWords(behindMs)}`;
  return {
    kind: 'recorder-away',
    severity: 'bad',
    text: `No recorder writes to the ledger${since}: states of jobs are out of date.`,
    detail: reason ?? 'Start an API process, or look why it does not record.',
    subject: {},
  };
}

function controlFaults({ control }: Observation): readonly Finding[] {
  if (control === undefined) return [];
  if (control.state === 'away')
    return [
      {
        kind: 'control-away',
        severity: 'bad',
        text: 'No process with the ledger answers workers: they start no job for up to 30 s, and then also jobs that were cancelled or paused.',
        detail: 'Start an API process, or look why it does not answer.',
        subject: {},
      },
    ];
  if (control.delayMs <= SLOW_CONTROL_MS) return [];
  return [
    {
      kind: 'control-lagging',
      severity: 'warn',
      text: `Workers wait ${Math.round(control.delayMs)} ms for an answer of control: they start jobs late.`,
      detail: 'Look at the CPU of the API processes and at the disk of the ledger.',
      subject: {},
    },
  ];
}

function diskFaults({ folder, freeBytes, totalBytes }: FolderDisk): readonly Finding[] {
  const share = freeBytes / Math.max(totalBytes, 1);
  if (freeBytes >= LOW_DISK.bytes && share >= LOW_DISK.share) return [];
  return [
    {
      kind: 'disk-low',
      severity: 'bad',
      text: `The disk of ${folder} has ${toSizeWords(freeBytes)} left, ${Math.floor(share * 100)} % of it.`,
      detail: 'New jobs are refused before it is full. Free space, or give it a larger disk.',
      subject: {},
      of: folder,
    },
  ];
}

function setAsideFaults(observation: Observation): readonly Finding[] {
  const { messages = 0, events = 0 } = ledgerOf(observation)?.setAside ?? {};
  const parts = [
    ...(messages === 0 ? [] : [toCountWords(messages, 'message')]),
    ...(events === 0 ? [] : [toCountWords(events, 'event')]),
  ];
  if (parts.length === 0) return [];
  const isOne = messages + events === 1;
  return [
    {
      kind: 'set-aside',
      severity: 'warn',
      text: `${parts.join(' and ')} ${isOne ? 'is' : 'are'} set aside, because ${isOne ? 'it' : 'they'} could not be read or routed.`,
      subject: {},
    },
  ];
}
