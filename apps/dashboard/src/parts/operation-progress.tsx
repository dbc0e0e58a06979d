import type { Operation } from '../api/operations.ts';
import { formatCount } from '../format/number.ts';
import './operation-progress.css';

/** How far an operation is: a bar, and the same in words. */
export function OperationProgress({ operation }: { readonly operation: Operation }) {
  const { total, done, skipped, failed } = operation;
  const ended = done + skipped + failed;
  return (
    <span className="operation-progress">
      <progress value={ended} max={Math.max(total, 1)} aria-label="Jobs that are through" />
      <span className="n">
        {formatCount(ended)} of {formatCount(total)}
      </span>
    </span>
  );
}
