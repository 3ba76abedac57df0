import { parseArgs } from 'node:util';
import { type Bench, type MeasuredRow, type RowResult, reaches } from './harness.ts';
import { ami } from './rows/ami.ts';
import { backlog } from './rows/backlog.ts';
import { batch } from './rows/batch.ts';
import { bullmq } from './rows/bullmq.ts';
import { calls } from './rows/calls.ts';
import { delivery } from './rows/delivery.ts';
import { fanOut } from './rows/fan-out.ts';
import { isolation } from './rows/isolation.ts';
import { latency } from './rows/latency.ts';
import { pgBoss } from './rows/pg-boss.ts';
import { soak } from './rows/soak.ts';
import { SINK } from './sink-process.ts';

/** Every row measures its own ceiling in the same run: ratios hold on any machine, absolutes do not. */
const BENCHES: readonly Bench[] = [
  delivery,
  bullmq,
  pgBoss,
  batch,
  ami,
  calls,
  latency,
  isolation,
  fanOut,
  backlog,
  soak,
];

/** No row takes longer, whatever hangs. */
const LIMIT_MINUTES = 15;

const USAGE = `npm run bench -- [--only NAME[,NAME…]] [--rounds N] [--scale X] [--json]
names: ${BENCHES.map(({ name }) => name).join(', ')}`;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    scale: { type: 'string', default: '1' },
  },
});
const wanted = values.only?.split(',');
const options = { rounds: Number(values.rounds), scale: Number(values.scale) };
const unknown = wanted?.filter((name) => !BENCHES.some((bench) => bench.name === name)) ?? [];
if (unknown.length > 0 || !(Number.isInteger(options.rounds) && options.rounds > 0 && options.scale > 0)) {
  console.error(USAGE);
  process.exit(64);
}

process.stderr.write(`Requests go to ${SINK}.\n`);
const results: RowResult[] = [];
for (const bench of BENCHES.filter(({ name }) => wanted?.includes(name) ?? true)) {
  const begun = performance.now();
  process.stderr.write(`${bench.name} … `);
  const limit = setTimeout(() => {
    console.error(`took longer than ${LIMIT_MINUTES} minutes`);
    process.exit(70);
  }, LIMIT_MINUTES * 60_000);
  results.push(...(await bench.run(options)));
  clearTimeout(limit);
  process.stderr.write(`${Math.round((performance.now() - begun) / 1000)} s\n`);
}

if (values.json) {
  console.log(
    JSON.stringify(
      results.map((row) => ('leftOut' in row ? row : { ...row, reached: reaches(row) })),
      undefined,
      2,
    ),
  );
} else {
  console.log(table(results));
}

function table(rows: readonly RowResult[]): string {
  const cells = rows.map((row) =>
    'leftOut' in row ? [row.name, '', '', 'left out', row.leftOut] : cellsOf(row),
  );
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

function cellsOf(row: MeasuredRow): readonly string[] {
  const { unit = 'x', ratio, bound, name, detail } = row;
  const goal = `${bound.kind === 'at_least' ? '>=' : '<='} ${bound.ratio} ${unit}`;
  return [name, `${ratio.toFixed(2)} ${unit}`, goal, reaches(row) ? 'reached' : 'not yet', detail];
}
