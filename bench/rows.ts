import type { Bench } from './harness.ts';
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

/** Every row measures its own ceiling in the same run: ratios hold on any machine, absolutes do not. */
export const BENCHES: readonly Bench[] = [
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
