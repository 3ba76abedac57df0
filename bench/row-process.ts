import { BENCHES } from './rows.ts';

/** A process that measures one row and tells its parent. */
const [name = '', rounds = '', scale = ''] = process.argv.slice(2);

/** No row takes longer, whatever hangs. */
const LIMIT_MINUTES = 15;

const limit = setTimeout(() => {
  console.error(`took longer than ${LIMIT_MINUTES} minutes`);
  process.exit(70);
}, LIMIT_MINUTES * 60_000);
process.once('disconnect', () => process.exit(70));

const bench = BENCHES.find((one) => one.name === name);
if (bench === undefined) throw new Error(`there is no row ${name}`);
const results = await bench.run({ rounds: Number(rounds), scale: Number(scale) });
clearTimeout(limit);
process.removeAllListeners('disconnect');
process.send?.(results, () => process.disconnect());
