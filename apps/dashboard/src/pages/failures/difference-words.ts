import type { FailureGroupDetails } from '../../api/failures.ts';
import { formatCount } from '../../format/number.ts';

type Values = FailureGroupDetails['differs'][number]['values'];

/** Values of a field that are shown: those that most jobs have. */
const MAX_VALUES = 8;
/** Values that are shown of a field in which each job has another one. */
const MAX_EXAMPLES = 3;

/**
 * The values of a field in which jobs differ: `mail-1 48, mail-2 52`. Of a field in which each job has another value, only examples.
 *
 * @param values The most frequent first. The server leaves out rare ones when there are many.
 */
export function differenceWords(values: Values): string {
  const common = values.filter(({ count }) => count > 1).slice(0, MAX_VALUES);
  const shown = common.map(({ value, count }) => `${value} ${formatCount(count)}`);
  if (shown.length === 0)
    return `different in each, such as ${values
      .slice(0, MAX_EXAMPLES)
      .map(({ value }) => value)
      .join(', ')}`;
  return [...shown, ...(values.length > shown.length ? ['others'] : [])].join(', ');
}
