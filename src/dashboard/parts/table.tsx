import type { ComponentChildren } from 'preact';

export interface Column<Row> {
  readonly head: string;
  /** Beside the cell where there is no room for a table; left out, the cell stands alone. */
  readonly label?: string;
  readonly cell: (row: Row) => ComponentChildren;
  readonly kind?: 'number' | 'wide' | 'actions' | 'main';
}

interface TableProps<Row> {
  /** What the table holds; shown to screen readers. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  /** `prose` lets cells wrap; `dense` has low rows, each a line. */
  readonly look?: 'prose' | 'dense';
}

/**
 * On a phone its rows become cards by CSS. Browsers differ in whether a table that is laid out otherwise is still
 * one to a screen reader, so each part says what it is.
 */
const ROLES = {
  table: { role: 'table' },
  group: { role: 'rowgroup' },
  row: { role: 'row' },
  head: { role: 'columnheader' },
  cell: { role: 'cell' },
} as const;

/** The first link in a row of kind `main` takes clicks for the whole row. */
export function Table<Row>({ caption, columns, rows, keyOf, look }: TableProps<Row>) {
  return (
    <table class={look === undefined ? 'table' : `table table-${look}`} {...ROLES.table}>
      <caption class="visually-hidden">{caption}</caption>
      <thead {...ROLES.group}>
        <tr {...ROLES.row}>
          {columns.map(({ head, kind }) => (
            <th key={head} scope="col" class={kind && `cell-${kind}`} {...ROLES.head}>
              {kind === 'actions' ? <span class="visually-hidden">{head}</span> : head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody {...ROLES.group}>
        {rows.map((row) => (
          <tr key={keyOf(row)} {...ROLES.row}>
            {columns.map(({ head, label, cell, kind }) => (
              <td key={head} class={kind && `cell-${kind}`} data-label={label} {...ROLES.cell}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
