import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Failed } from './failed.tsx';
import { Loading } from './loading.tsx';
import { Stale } from './stale.tsx';

interface QueryViewProps<Data> {
  /** What is loaded, in words that fit into `Leveret could not load …`. */
  readonly what: string;
  readonly query: UseQueryResult<Data>;
  /** Keeps the place while nothing is there. */
  readonly loading?: ReactNode;
  readonly children: (data: Data) => ReactNode;
}

/** Joins a query with what it looks like: loading, failed, there, and there but older than it should be. */
export function QueryView<Data>({ what, query, loading, children }: QueryViewProps<Data>) {
  const { data, error, dataUpdatedAt, refetch } = query;
  if (data === undefined) {
    if (error === null) return loading ?? <Loading what={what} />;
    return <Failed what={what} error={error} onRetry={() => refetch()} />;
  }
  return (
    <>
      {error !== null && <Stale since={new Date(dataUpdatedAt)} reason={error.message} />}
      {children(data)}
    </>
  );
}
