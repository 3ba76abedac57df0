import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PgBoss } from 'pg-boss';
import type { Pool } from 'undici';
import type { EnvelopeParts } from '../../src/model/event.ts';
import { poolTo } from '../bare-loop.ts';
import { findProgram, freePort, startChild, until } from '../child.ts';
import { alternate, type Bench, type Measured, measure, rateRow } from '../harness.ts';
import { peerPost, queuedEvent } from '../peer-post.ts';
import { startProduct } from '../product.ts';
import { startSink } from '../sink-process.ts';
import { IN_FLIGHT, OUTSTANDING, SECRET } from '../workload.ts';

const NAME = 'delivered durable signed events, to pg-boss and PostgreSQL doing the same POSTs';
const EVENTS = 3_000;
const QUEUE = 'bench';

/** PostgreSQL with the settings that it comes with, so as durable as ours. */
export const pgBoss: Bench = {
  name: 'pg-boss',
  async run({ rounds, scale }) {
    const programs = postgresPrograms();
    if (typeof programs === 'string') return [{ name: NAME, leftOut: programs }];
    const sink = await startSink();
    const url = new URL('/hook', sink.origin);
    const pool = poolTo(url);
    const postgres = await startPostgres(programs);
    const boss = bossAt(postgres.url);
    await boss.start();
    const product = await startProduct([{ url: url.href, events: ['*'], secret: SECRET }]);
    const events = Math.round(EVENTS * scale);
    try {
      const comparisons = await alternate(
        rounds,
        () => product.run(events * 4),
        () => throughPgBoss(boss, pool, url.pathname, events),
      );
      return [rateRow(NAME, comparisons, 3)];
    } finally {
      await product.stop();
      await pool.close();
      await boss.stop({ graceful: false });
      await postgres.stop();
      await sink.stop();
    }
  },
};

interface Programs {
  readonly initdb: string;
  readonly postgres: string;
  /** PostgreSQL refuses to run as root. */
  readonly user: { readonly uid?: number; readonly gid?: number };
}

function postgresPrograms(): Programs | string {
  const base = '/usr/lib/postgresql';
  const folders = listed(base).map((version) => join(base, version, 'bin'));
  const initdb = findProgram('initdb', folders);
  const postgres = findProgram('postgres', folders);
  if (initdb === undefined || postgres === undefined) {
    return 'there is no PostgreSQL: apt-get install postgresql';
  }
  if (process.getuid?.() !== 0) return { initdb, postgres, user: {} };
  try {
    const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { stdio: 'pipe' }));
    return { initdb, postgres, user: { uid: id('-u'), gid: id('-g') } };
  } catch {
    return 'PostgreSQL does not run as root, and there is no user postgres';
  }
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

async function startPostgres({ initdb, postgres, user }: Programs) {
  const folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-bench-pg-'));
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  const options = { ...user, cwd: folder };
  const data = join(folder, 'data');
  execFileSync(initdb, ['-D', data, '-U', 'bench', '--auth=trust'], { ...options, stdio: 'ignore' });
  const port = await freePort();
  const args = ['-D', data, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1'];
  const child = startChild(postgres, args, { ...options, stdio: 'ignore' });
  const url = `postgres://bench@127.0.0.1:${port}/postgres`;
  await until(20_000, async () => {
    const boss = bossAt(url);
    await boss.start();
    await boss.createQueue(QUEUE);
    await boss.stop({ graceful: false });
    return true;
  });
  return {
    url,
    async stop() {
      await child.stop('SIGINT');
      rmSync(folder, { recursive: true });
    },
  };
}

function bossAt(connectionString: string): PgBoss {
  const boss = new PgBoss({ connectionString, max: 10, supervise: false, schedule: false });
  boss.on('error', () => {});
  return boss;
}

/**
 * Its workers poll twice a second at most, so batches are fetched and completed by hand, as fast as they come: the
 * best that it can do. As many jobs outstanding and as many attempts in flight as ours.
 */
function throughPgBoss(boss: PgBoss, pool: Pool, path: string, events: number): Promise<Measured> {
  let toAdd = events;
  const add = async (count: number): Promise<void> => {
    const jobs = Array.from({ length: Math.min(count, toAdd) }, () => ({ data: queuedEvent(toAdd--) }));
    if (jobs.length > 0) await boss.insert(QUEUE, jobs);
  };
  return measure(events, async () => {
    await add(OUTSTANDING);
    const worker = async (): Promise<void> => {
      for (;;) {
        const jobs = await boss.fetch<EnvelopeParts>(QUEUE, { batchSize: IN_FLIGHT });
        if (jobs.length === 0) return;
        await Promise.all(jobs.map(({ data }) => peerPost(pool, path, data)));
        await Promise.all([
          boss.complete(
            QUEUE,
            jobs.map(({ id }) => id),
          ),
          add(jobs.length),
        ]);
      }
    };
    await Promise.all(Array.from({ length: OUTSTANDING / IN_FLIGHT }, worker));
  });
}
