import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startChild } from './child.ts';
import { type MeasuredRow, type RowResult, reaches } from './harness.ts';
import { BENCHES } from './rows.ts';
import { SINK } from './sink-process.ts';

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
for (const { name } of BENCHES.filter((bench) => wanted?.includes(bench.name) ?? true)) {
  const begun = performance.now();
  process.stderr.write(`${name} … `);
  results.push(...(await resultsOf(name)));
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

/** From a process of its own: what one row leaves in memory is not the next one's. */
async function resultsOf(name: string): Promise<readonly RowResult[]> {
  const file = fileURLToPath(new URL('./row-process.ts', import.meta.url));
  const row = startChild(process.execPath, [file, name, values.rounds, values.scale], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(row.process, 'exit').then(([code]) => {
    throw new Error(`${name} ended with ${code} before it was measured`);
  });
  const [results] = await Promise.race([once(row.process, 'message'), ended]);
  await row.stop();
  return results;
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
