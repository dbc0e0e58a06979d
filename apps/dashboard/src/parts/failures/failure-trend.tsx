import { memo } from 'react';
import type { FailureGroup } from '../../api/failures.ts';
import { Sparkline } from '../../ui/data/sparkline.tsx';

/** How many attempts failed with the cause of a group, over the last day. */
export const FailureTrend = memo(function FailureTrend({
  group: { message, errorCode, trend },
}: {
  readonly group: FailureGroup;
}) {
  const label = `Failures per half hour in the last 24 hours, ${message ?? errorCode}`;
  return <Sparkline values={trend.failures} label={label} size="wide" tone="bad" />;
});
