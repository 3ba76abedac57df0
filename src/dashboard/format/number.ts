const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** `12,345` */
export function count(value: number): string {
  return whole.format(value);
}

/** `12,345`, from a hundred thousand on `123.5K`: for where there is little room. */
export function shortCount(value: number): string {
  return value < 100_000 ? whole.format(value) : compact.format(value);
}

/** `1 event`, `2 events`; `many` for words that end otherwise. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A part of one as `99.8 %`; rounded down, so that `100 %` means all. */
export function percent(part: number): string {
  const tenths = Math.floor(part * 1000 + 1e-9) / 10;
  return `${Number.isInteger(tenths) ? tenths : tenths.toFixed(1)} %`;
}
