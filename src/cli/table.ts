import { shown, styled } from './terminal.ts';
import { widthOf } from './width.ts';

export interface Column<Row> {
  readonly title: string;
  cell(row: Row): string | number;
  /** Numbers stand at the right. */
  readonly isNumber?: boolean;
  /** Gives way where the terminal is narrow; such a cell is cut. */
  readonly isFlexible?: boolean;
  /** Left out where it would not fit, the last one first. */
  readonly isOptional?: boolean;
}

const GAP = '  ';
/** A flexible column is not cut below this. */
const LEAST_WIDTH = 8;

interface Fitted<Row> {
  readonly column: Column<Row>;
  width: number;
}

/** Rows as a table; the widths are those of the first ones that come, so that many pages stand below each other. */
export class Table<Row> {
  readonly #columns: readonly Column<Row>[];
  readonly #width: number | undefined;
  #fitted: readonly Fitted<Row>[] | undefined;

  /** @param width characters of a line; undefined: as many as it takes. */
  constructor(columns: readonly Column<Row>[], width: number | undefined) {
    this.#columns = columns;
    this.#width = width;
  }

  /** The lines of these rows, with a head above the first ones. */
  lines(rows: readonly Row[]): readonly string[] {
    const body = (fitted: readonly Fitted<Row>[]) =>
      rows.map((row) => this.#line(fitted, ({ cell }) => shown(String(cell(row)))));
    if (this.#fitted !== undefined) return body(this.#fitted);
    this.#fitted = this.#fit(rows);
    return [
      styled(
        'bold',
        this.#line(this.#fitted, ({ title }) => title),
      ),
      ...body(this.#fitted),
    ];
  }

  #line(fitted: readonly Fitted<Row>[], textOf: (column: Column<Row>) => string): string {
    const parts = fitted.map(({ column, width }) => {
      const whole = textOf(column);
      const text = this.#width === undefined ? whole : cut(whole, width);
      const blanks = ' '.repeat(Math.max(0, width - widthOf(text)));
      return column.isNumber === true ? blanks + text : text + blanks;
    });
    const line = parts.join(GAP).trimEnd();
    return this.#width === undefined ? line : cut(line, this.#width);
  }

  /** As wide as what is in them; where that is too much the widest flexible one gives way first. */
  #fit(rows: readonly Row[]): readonly Fitted<Row>[] {
    const natural = this.#columns.map((column) => ({
      column,
      width: Math.max(column.title.length, ...rows.map((row) => widthOf(shown(String(column.cell(row)))))),
    }));
    if (this.#width === undefined) return natural;
    for (let fitted = natural; ; ) {
      const narrowed = narrow(fitted, this.#width);
      const last = fitted.findLastIndex(({ column }) => column.isOptional === true);
      if (totalOf(narrowed) <= this.#width || last < 0) return narrowed;
      fitted = fitted.toSpliced(last, 1);
    }
  }
}

function totalOf(fitted: readonly Fitted<unknown>[]): number {
  return fitted.reduce((sum, { width }) => sum + width, GAP.length * (fitted.length - 1));
}

function narrow<Row>(natural: readonly Fitted<Row>[], room: number): readonly Fitted<Row>[] {
  const fitted = natural.map((each) => ({ ...each }));
  for (let excess = totalOf(fitted) - room; excess > 0; excess -= 1) {
    const [widest] = fitted
      .filter(({ column, width }) => column.isFlexible === true && width > LEAST_WIDTH)
      .toSorted((a, b) => b.width - a.width);
    if (widest === undefined) break;
    widest.width -= 1;
  }
  return fitted;
}

function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  const ellipsis = shown('…');
  let kept = '';
  for (const sign of text) {
    if (widthOf(kept + sign) > width - ellipsis.length) break;
    kept += sign;
  }
  return kept + ellipsis;
}
