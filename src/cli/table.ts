import { shown, styled } from './terminal.ts';

export interface Column<Row> {
  readonly title: string;
  cell(row: Row): string | number;
  /** Numbers stand at the right. */
  readonly isNumber?: boolean;
  /** Gives way where the terminal is narrow; such a cell is cut. */
  readonly isFlexible?: boolean;
}

const GAP = '  ';
/** A flexible column is not cut below this. */
const LEAST_WIDTH = 8;

/** Rows as a table; the widths are those of the first ones that come, so that many pages stand below each other. */
export class Table<Row> {
  readonly #columns: readonly Column<Row>[];
  readonly #width: number | undefined;
  #widths: readonly number[] | undefined;

  /** @param width characters of a line; undefined: as many as it takes. */
  constructor(columns: readonly Column<Row>[], width: number | undefined) {
    this.#columns = columns;
    this.#width = width;
  }

  /** The lines of these rows, with a head above the first ones. */
  lines(rows: readonly Row[]): readonly string[] {
    const cells = rows.map((row) => this.#columns.map((column) => shown(String(column.cell(row)))));
    const isFirst = this.#widths === undefined;
    this.#widths ??= this.#fit(cells);
    const head = this.#line(this.#columns.map(({ title }) => title));
    const body = cells.map((each) => this.#line(each));
    return isFirst ? [styled('bold', head), ...body] : body;
  }

  #line(cells: readonly string[]): string {
    const parts = cells.map((cell, at) => {
      const width = this.#widths?.[at] ?? 0;
      const text = this.#width === undefined ? cell : cut(cell, width);
      const blanks = ' '.repeat(Math.max(0, width - widthOf(text)));
      return this.#columns[at]?.isNumber === true ? blanks + text : text + blanks;
    });
    return parts.join(GAP).trimEnd();
  }

  /** As wide as what is in them; where that is too much the widest flexible one gives way first. */
  #fit(cells: readonly (readonly string[])[]): readonly number[] {
    const widths = this.#columns.map(({ title }, at) =>
      Math.max(title.length, ...cells.map((each) => widthOf(each[at] ?? ''))),
    );
    if (this.#width === undefined) return widths;
    let excess =
      widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1) - this.#width;
    while (excess > 0) {
      const at = this.#widest(widths);
      if (at === undefined) break;
      widths[at] = (widths[at] ?? 0) - 1;
      excess -= 1;
    }
    return widths;
  }

  #widest(widths: readonly number[]): number | undefined {
    const flexible = [...widths.keys()].filter(
      (at) => this.#columns[at]?.isFlexible === true && (widths[at] ?? 0) > LEAST_WIDTH,
    );
    return flexible.toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))[0];
  }
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

const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;
const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** Cells of a terminal. */
export function widthOf(text: string): number {
  let width = 0;
  for (const sign of text) width += NO_WIDTH.test(sign) ? 0 : WIDE.test(sign) ? 2 : 1;
  return width;
}
