import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import {
  SET_ASIDE_KINDS,
  type SetAsideEntry,
  type SetAsideKind,
  setAsideQuery,
} from '../../api/set-aside.ts';
import { formatBytes, formatCount } from '../../format/number.ts';
import { useWhyNot } from '../../shell/use-session.ts';
import { Button } from '../../ui/controls/button.tsx';
import { Choice } from '../../ui/controls/choice.tsx';
import { type Column, Table } from '../../ui/data/table.tsx';
import { Look } from '../../ui/looks/look.tsx';
import { QueryView } from '../../ui/looks/query-view.tsx';
import { Page } from '../../ui/page.tsx';
import { Nothing } from '../../ui/text/count.tsx';
import { Moment } from '../../ui/text/moment.tsx';
import { useNow } from '../../ui/text/use-now.ts';
import { DiscardDialog } from './discard-dialog.tsx';
import { EntryDialog } from './entry-dialog.tsx';
import './set-aside.css';

const route = getRouteApi('/app/set-aside');
/** At most so many entries are counted. */
const MAX_COUNTED = 10_000;

const NOTHING_WORDS: Readonly<Record<SetAsideKind, string>> = {
  messages: 'Every message could be a job, and every job was routed.',
  events: 'Every event could be applied.',
};

/** What could Leveret not understand, or the broker not deliver? */
export function SetAsidePage() {
  const { kind } = route.useSearch();
  const query = useInfiniteQuery(setAsideQuery(kind));
  const whyNotRead = useWhyNot('payloads:read');
  const whyNotDiscard = useWhyNot('failures:discard');
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const [opened, setOpened] = useState<number>();
  const [isDiscarding, setDiscarding] = useState(false);
  const navigate = route.useNavigate();
  const now = useNow();
  const counts = query.data?.counts;
  const show = (next: SetAsideKind) => {
    setSelected(new Set());
    return navigate({ search: { kind: next }, replace: true });
  };
  const toggle = (seq: number) =>
    setSelected((before) => {
      const after = new Set(before);
      if (!after.delete(seq)) after.add(seq);
      return after;
    });
  return (
    <Page
      isNarrow
      title="Set aside"
      actions={
        <Button
          look="danger"
          whyNot={whyNotDiscard ?? (selected.size === 0 ? 'Select entries first.' : undefined)}
          onClick={() => setDiscarding(true)}
        >
          Discard {selected.size > 0 ? formatCount(selected.size) : ''}…
        </Button>
      }
    >
      <p className="lead">
        Messages that cannot be jobs or had no queue to go to, and events that cannot be applied. Leveret
        keeps them as they came until somebody discards them.
      </p>
      <Choice
        label="What is set aside"
        options={SET_ASIDE_KINDS.map((value) => ({
          value,
          label: counts === undefined ? wordOf(value) : `${wordOf(value)} ${countWords(counts[value])}`,
        }))}
        value={kind}
        onChange={show}
      />
      <div className="card" data-flush>
        <QueryView what="what is set aside" query={query}>
          {({ entries }) =>
            entries.length === 0 ? (
              <Look glyph="up" title={`No ${kind} are set aside.`}>
                {NOTHING_WORDS[kind]}
              </Look>
            ) : (
              <>
                <Table
                  label={`Set aside: ${kind}`}
                  columns={columnsFor({ kind, whyNotRead, selected, toggle, open: setOpened, now })}
                  rows={entries}
                  keyOf={({ seq }) => String(seq)}
                />
                {query.hasNextPage && (
                  <p className="more">
                    <Button isBusy={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
                      Show more
                    </Button>
                  </p>
                )}
              </>
            )
          }
        </QueryView>
      </div>
      {opened !== undefined && <EntryDialog kind={kind} seq={opened} onClose={() => setOpened(undefined)} />}
      {isDiscarding && (
        <DiscardDialog
          kind={kind}
          seqs={[...selected]}
          onClose={() => setDiscarding(false)}
          onDiscarded={() => setSelected(new Set())}
        />
      )}
    </Page>
  );
}

interface ColumnsOptions {
  readonly kind: SetAsideKind;
  readonly whyNotRead: string | undefined;
  readonly selected: ReadonlySet<number>;
  readonly toggle: (seq: number) => void;
  readonly open: (seq: number) => void;
  readonly now: Date;
}

function columnsFor(options: ColumnsOptions): readonly Column<SetAsideEntry>[] {
  const { kind, whyNotRead, selected, toggle, open, now } = options;
  const select: Column<SetAsideEntry> = {
    key: 'select',
    header: <span className="unseen">Select</span>,
    phone: 'line',
    cell: ({ seq }) => (
      <input
        type="checkbox"
        aria-label={`Select entry ${seq}`}
        checked={selected.has(seq)}
        onChange={() => toggle(seq)}
      />
    ),
  };
  const ofMessage: readonly Column<SetAsideEntry>[] = [
    { key: 'queue', header: 'Queue', phone: 'detail', cell: ({ queue }) => queue ?? <Nothing /> },
    {
      key: 'at',
      header: 'Since',
      phone: 'figure',
      cell: ({ at }) => (at === undefined ? <Nothing /> : <Moment at={at} now={now} />),
    },
  ];
  return [
    select,
    { key: 'reason', header: 'Why', phone: 'title', cell: ({ reason }) => reason },
    ...(kind === 'messages' ? ofMessage : []),
    {
      key: 'size',
      header: 'Size',
      isNumber: true,
      phone: 'detail',
      cell: ({ sizeBytes }) => formatBytes(sizeBytes),
    },
    {
      key: 'show',
      header: <span className="unseen">Actions</span>,
      phone: 'line',
      cell: ({ seq }) => (
        <Button look="quiet" aria-label={`Show entry ${seq}`} whyNot={whyNotRead} onClick={() => open(seq)}>
          Show
        </Button>
      ),
    },
  ];
}

function wordOf(kind: SetAsideKind): string {
  return kind === 'messages' ? 'Messages' : 'Events';
}

function countWords(count: number): string {
  return count >= MAX_COUNTED ? `${formatCount(MAX_COUNTED)} or more` : formatCount(count);
}
