import Table from 'cli-table3';
import { toLine } from './words.ts';

/** No lines: a table can be searched and cut by other programs. */
const CHARS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Where the text of a column stands. */
type Alignment = 'left' | 'right';

/** A table for people: a line for each row, columns as wide as they must be. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  colAligns: readonly Alignment[] = [],
): string {
  const table = new Table({
    head: [...head],
    colAligns: [...colAligns],
    chars: CHARS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => row.map(toLine)));
  return table.toString().replace(/ +$/gm, '');
}
