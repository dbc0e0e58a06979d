import type { ReactNode } from 'react';

/** A column of a table. */
export interface Column<Row> {
  readonly key: string;
  readonly header: ReactNode;
  /** Right-aligned figures. */
  readonly isNumber?: boolean;
  /**
   * Its place in the two lines that a row has on a phone: `title` begins the first line, `figure` ends it, `detail` stands in the second, `line` has a
   * line of its own, and `none` is left out. Before figures and details stands their header.
   */
  readonly phone: 'title' | 'figure' | 'detail' | 'line' | 'none';
  /** What stands before it on a phone instead of its header. */
  readonly phoneHeader?: string;
  readonly cell: (row: Row) => ReactNode;
}

interface TableProps<Row> {
  /** What the table lists, for screen readers. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** How a row looks as a whole. */
  readonly lookOf?: (row: Row) => 'bad' | 'warn' | 'muted' | undefined;
}

/** A table; on a phone a list of rows of two lines. The column of the title is the header of its row. */
export function Table<Row>({ label, columns, rows, keyOf, lookOf }: TableProps<Row>) {
  return (
    <table className="table" aria-label={label}>
      <thead>
        <tr>
          {columns.map(({ key, header, isNumber }) => (
            <th key={key} scope="col" data-number={isNumber}>
              {header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)} data-look={lookOf?.(row)}>
            {columns.map((column) => (
              <Cell key={column.key} column={column} row={row} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell<Row>({ column, row }: { readonly column: Column<Row>; readonly row: Row }) {
  const { phone, isNumber, header, phoneHeader = header, cell } = column;
  const content = (
    <>
      {(phone === 'detail' || phone === 'figure') && (
        <span className="cell-label" aria-hidden="true">
          {phoneHeader}{' '}
        </span>
      )}
      {cell(row)}
    </>
  );
  if (phone === 'title')
    return (
      <th scope="row" data-phone={phone}>
        {content}
      </th>
    );
  return (
    <td data-phone={phone} data-number={isNumber}>
      {content}
    </td>
  );
}
