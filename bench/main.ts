import { parseArgs } from 'node:util';
import { type Bench, type RowResult, rateRow, reaches } from './harness.ts';
import { measureAmi } from './rows/ami.ts';
import { calls } from './rows/calls.ts';
import { delivery } from './rows/delivery.ts';

/** Every row measures its own ceiling in the same run: ratios hold on any machine, absolutes do not. */
const BENCHES: readonly Bench[] = [
  delivery,
  {
    name: 'ami',
    async run({ rounds, scale }) {
      const comparisons = [];
      for (let round = 0; round < rounds; round++) {
        const { ours, ceiling } = await measureAmi(Math.max(1, Math.round(20 * scale)));
        comparisons.push({ ours: { rate: ours }, ceiling: { rate: ceiling } });
      }
      return [rateRow("AMI packets into events, to asterisk-manager's bare parser", comparisons, 0.8)];
    },
  },
  calls,
];

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    scale: { type: 'string', default: '1' },
  },
});
const chosen = BENCHES.filter(({ name }) => values.only === undefined || name === values.only);
if (chosen.length === 0) {
  console.error(
    `There is no bench ${values.only}; choose one of ${BENCHES.map(({ name }) => name).join(', ')}.`,
  );
  process.exit(64);
}

const results: RowResult[] = [];
for (const bench of chosen) {
  results.push(...(await bench.run({ rounds: Number(values.rounds), scale: Number(values.scale) })));
}

if (values.json) {
  console.log(
    JSON.stringify(
      results.map((result) => ({ ...result, reached: reaches(result) })),
      undefined,
      2,
    ),
  );
} else {
  console.log(table(results));
}

function table(rows: readonly RowResult[]): string {
  const cells = rows.map((row) => [
    row.name,
    `${row.ratio.toFixed(2)} x`,
    `${row.bound.kind === 'at_least' ? '>=' : '<='} ${row.bound.ratio} x`,
    reaches(row) ? 'reached' : 'not yet',
    row.detail,
  ]);
  const head = ['what', 'ratio', 'goal', '', 'ours, ceiling'];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((line) => line[column]?.length ?? 0)),
  );
  return [head, widths.map((width) => '-'.repeat(width)), ...cells]
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
