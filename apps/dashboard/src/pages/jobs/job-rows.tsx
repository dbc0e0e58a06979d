import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type FocusEvent, useDeferredValue, useLayoutEffect, useRef, useState } from 'react';
import { FIRST_ROW_INDEX, JobRowView } from './job-row.tsx';
import { type RowRange, rowIndexes } from './row-indexes.ts';
import type { JobList } from './use-job-list.ts';
import { useRowHeight } from './use-row-height.ts';

/** So many rows before the end of what is there, more are read. */
const READ_AHEAD = 72;

interface JobRowsProps {
  readonly list: JobList;
  readonly selected: Pick<ReadonlySet<string>, 'has'> | 'all';
  readonly onToggle: (id: string) => void;
  readonly now: Date;
}

/** The rows of the list that are in the window, a few around them, and the one that has the focus. */
export function JobRows({ list, selected, onToggle, now }: JobRowsProps) {
  const { query, rows } = list;
  const from = query.data?.from ?? 0;
  const body = useRef<HTMLTableSectionElement>(null);
  const [focusedIndex, setFocusedIndex] = useState<number>();
  const [scrollMargin, setScrollMargin] = useState(0);
  const rowHeight = useRowHeight();
  const count = from + rows.length;
  const virtualizer = useWindowVirtualizer({
    count,
    estimateSize: () => rowHeight,
    scrollMargin,
  });
  const { startIndex, endIndex } = virtualizer.calculateRange() ?? { startIndex: 0, endIndex: 0 };
  const shown: RowRange = { first: startIndex, last: endIndex };
  const around: RowRange = { first: useDeferredValue(startIndex), last: useDeferredValue(endIndex) };
  useReadAhead(query, {
    isNearStart: startIndex < from + READ_AHEAD,
    isNearEnd: endIndex >= count - READ_AHEAD,
  });

  // What stands above may grow: the fault of a filter, the bar of a selection. While the list is scrolled, asking for its place would hold up each step.
  useLayoutEffect(() => {
    if (virtualizer.isScrolling) return;
    const top = body.current?.getBoundingClientRect().top ?? 0;
    setScrollMargin(Math.round(top + window.scrollY));
  });
  // The height of a row is another on a phone.
  useLayoutEffect(() => {
    if (rowHeight > 0) virtualizer.measure();
  }, [virtualizer, rowHeight]);

  return (
    <table className="job-table" aria-label="Jobs" aria-rowcount={query.hasNextPage ? -1 : count + 1}>
      <thead>
        <tr aria-rowindex={1}>
          <th scope="col">
            <span className="unseen">Select</span>
          </th>
          <th scope="col">Job</th>
          <th scope="col">Kind</th>
          <th scope="col">Queue</th>
          <th scope="col">Attempt</th>
          <th scope="col">Error</th>
          <th scope="col">Next</th>
          <th scope="col">Updated</th>
        </tr>
      </thead>
      <tbody
        ref={body}
        style={{ height: virtualizer.getTotalSize() }}
        onFocus={(event) => setFocusedIndex(indexOf(event))}
        onBlur={() => setFocusedIndex(undefined)}
      >
        {rowIndexes(shown, around, focusedIndex, count).map((index) => {
          const row = rows[index - from];
          if (row === undefined) return null;
          return (
            <JobRowView
              key={row.job.id}
              job={row.job}
              isGone={row.isGone}
              index={index}
              top={index * rowHeight}
              isSelected={selected === 'all' || selected.has(row.job.id)}
              onToggle={onToggle}
              now={now}
            />
          );
        })}
      </tbody>
    </table>
  );
}

/** The place in the list of the row that an event is in. */
function indexOf({ target }: FocusEvent): number | undefined {
  const rowIndex = target.closest('tr')?.ariaRowIndex;
  return rowIndex == null ? undefined : Number(rowIndex) - FIRST_ROW_INDEX;
}

function useReadAhead(
  query: JobList['query'],
  { isNearStart, isNearEnd }: { readonly isNearStart: boolean; readonly isNearEnd: boolean },
): void {
  const { isFetching, isError, hasNextPage, hasPreviousPage, fetchNextPage, fetchPreviousPage } = query;
  useLayoutEffect(() => {
    if (isFetching || isError) return;
    if (isNearStart && hasPreviousPage) fetchPreviousPage().catch(reportError);
    else if (isNearEnd && hasNextPage) fetchNextPage().catch(reportError);
  }, [
    isFetching,
    isError,
    isNearStart,
    isNearEnd,
    hasNextPage,
    hasPreviousPage,
    fetchNextPage,
    fetchPreviousPage,
  ]);
}
