import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSqliteStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import { canMountImages, DiskImage } from '../support/disk-image.ts';
import {
  allDeliveries,
  at,
  delivery,
  event,
  publish,
  settlement,
  subscription,
} from '../support/store-samples.ts';

const opener = new URL('../support/store-opener.ts', import.meta.url).pathname;
const crm = subscription('crm');

function mountTmpfs(folder: string, size: string): boolean {
  mkdirSync(folder, { recursive: true });
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]).status === 0;
}

const canMount = (() => {
  const probe = mkdtempSync(join(tmpdir(), 'pbx-webhooks-mount-'));
  const mounted = mountTmpfs(probe, '64k');
  if (mounted) {
    execFileSync('umount', [probe]);
  }
  rmSync(probe, { recursive: true });
  return mounted;
})();

describe('a sqlite store in trouble', () => {
  let folder: string;
  let path: string;
  let store: Store;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-'));
    path = join(folder, 'webhooks.db');
    store = createSqliteStore({ path });
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A database with one waiting delivery, closed. */
  async function filled(count = 1): Promise<void> {
    await store.open();
    await store.saveSubscription(crm);
    await Promise.all(
      Array.from({ length: count }, (_, n) => publish(store, event(n), [delivery(n + 1, crm.id)])),
    );
    await store.close();
    store = createSqliteStore({ path });
  }

  async function refusedUntouched(code: string, says: RegExp): Promise<void> {
    const before = readFileSync(path);
    await expect(store.open()).rejects.toMatchObject({ code, message: expect.stringMatching(says) });
    expect(readFileSync(path).equals(before)).toBe(true);
  }

  test('a file where a folder should be is named, with what to do', async () => {
    writeFileSync(join(folder, 'data'), 'a file');
    store = createSqliteStore({ path: join(folder, 'data', 'sub', 'webhooks.db') });
    await expect(store.open()).rejects.toMatchObject({
      code: 'store_unwritable',
      message: expect.stringMatching(/data.sub.webhooks\.db can't be written .*set store\.url/),
    });
  });

  test('a folder instead of the file is refused', async () => {
    mkdirSync(path);
    await expect(store.open()).rejects.toMatchObject({ code: 'store_unwritable' });
  });

  test.skipIf(process.getuid?.() !== 0)(
    'a folder or a file that the user may not write is refused',
    async () => {
      await filled();
      const asNobody = (file: string) =>
        JSON.parse(
          execFileSync(process.execPath, [opener, file], {
            uid: 65_534,
            gid: 65_534,
            encoding: 'utf8',
            stdio: ['ignore', 'pipe', 'ignore'],
          }),
        );
      execFileSync('chmod', ['755', folder]);
      const before = readFileSync(path);
      expect(asNobody(path)).toMatchObject({ code: 'store_unwritable' });
      expect(asNobody(join(folder, 'new.db'))).toMatchObject({ code: 'store_unwritable' });
      expect(readFileSync(path).equals(before)).toBe(true);
    },
  );

  test('a database in use by another process is refused by name until that one has ended', async () => {
    await filled();
    const other = spawn(process.execPath, [opener, path, 'hold'], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(other.stdout, 'data');
    await expect(store.open()).rejects.toMatchObject({
      code: 'store_locked',
      message: expect.stringContaining(path),
    });
    other.kill('SIGKILL');
    await once(other, 'exit');
    await expect(store.open()).resolves.toMatchObject({ lastDeliveryId: 1 });
  });

  test('the same database twice in one process is refused as well', async () => {
    await store.open();
    await expect(createSqliteStore({ path }).open()).rejects.toMatchObject({ code: 'store_locked' });
  });

  test('a file that is no database is refused and left as it is', async () => {
    writeFileSync(path, 'What is this?\n'.repeat(1_000));
    await refusedUntouched('store_corrupt', /damaged, or no database .*left as it is/);
  });

  test("another program's database is refused and left as it is", async () => {
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE songs (title TEXT)');
    other.close();
    await refusedUntouched('store_corrupt', /tables are those of another program/);
  });

  test('a database cut short is refused and left as it is', async () => {
    await filled(500);
    truncateSync(path, Math.floor(statSync(path).size / 2));
    await refusedUntouched('store_corrupt', /left as it is/);
  });

  test('a database overwritten in the middle is refused and left as it is', async () => {
    await filled(500);
    const bytes = readFileSync(path);
    bytes.fill(0xa5, bytes.length / 2, bytes.length / 2 + 8_192);
    writeFileSync(path, bytes);
    await refusedUntouched('store_corrupt', /left as it is/);
  });

  test('a database of a newer version is refused and left as it is, also with its log beside it', async () => {
    await filled();
    const newer = new DatabaseSync(path);
    newer.exec('PRAGMA journal_mode = WAL; PRAGMA user_version = 9999');
    const log = readFileSync(`${path}-wal`);
    const file = readFileSync(path);
    newer.close();
    writeFileSync(path, file);
    writeFileSync(`${path}-wal`, log);
    await refusedUntouched('store_newer', /version 9999.*update pbx-webhooks/);
    expect(readFileSync(`${path}-wal`).equals(log)).toBe(true);
  });

  test('nobody else may read the database, nor find in its files what a removed subscription kept secret', async () => {
    await store.open();
    const secret = 'whsec_of-nobody-else';
    const headers = { authorization: `${secret}${'x'.repeat(20_000)}` };
    await store.saveSubscription({ ...crm, secret, headers });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
    await store.removeSubscription(crm.id);
    await store.close();
    expect(readFileSync(path).includes(secret)).toBe(false);
  });

  test('an empty file becomes a database', async () => {
    writeFileSync(path, '');
    await expect(store.open()).resolves.toEqual({ lastEventMs: 0, lastDeliveryId: 0 });
  });
});

describe.skipIf(!canMount)('a sqlite store on a full disk', () => {
  const crm = subscription('crm');
  const large = (n: number) => event(n, { data: 'x'.repeat(300_000) });
  let disk: string;
  let store: Store;

  beforeEach(async () => {
    disk = mkdtempSync(join(tmpdir(), 'pbx-webhooks-disk-'));
    mountTmpfs(disk, '4m');
    store = createSqliteStore({ path: join(disk, 'webhooks.db') });
    await store.open();
    await store.saveSubscription(crm);
  });
  afterEach(async () => {
    await store.close();
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true });
  });

  /** Publishes until there is no room; the number of the first event that found none. */
  async function fill(): Promise<number> {
    for (let n = 1; ; n++) {
      try {
        await publish(store, large(n), [delivery(n, crm.id)]);
      } catch (error) {
        expect(error).toMatchObject({ code: 'store_full', message: expect.stringMatching(/Free space/) });
        return n;
      }
    }
  }

  test('publishing says so, keeps all that was accepted, and goes on once there is room', async () => {
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(2_500_000));
    const full = await fill();
    expect(full).toBeGreaterThan(2);
    rmSync(join(disk, 'ballast'));
    await publish(store, large(full), [delivery(full, crm.id)]);
    await store.settle([settlement(1, crm.id)]);
    await store.close();
    store = createSqliteStore({ path: join(disk, 'webhooks.db') });
    expect((await store.open()).lastDeliveryId).toBe(full);
    expect(await store.subscriptions()).toMatchObject([{ stats: { backlog: full - 1, successCount: 1 } }]);
  });

  test('what has ended is removed where nothing new finds room, and makes room', async () => {
    const ended = async (n: number): Promise<void> => {
      await publish(store, large(n), [delivery(n, crm.id)]);
      await store.settle([settlement(n, crm.id)]);
    };
    const pruneAll = async (): Promise<void> => {
      let after: Parameters<Store['prune']>[0]['after'];
      do {
        after = (await store.prune({ before: at(1_000), after })).next;
      } while (after !== undefined);
    };
    // A database that has been at work for a while: pages that were freed are there to be used again.
    for (let n = 1; n <= 5; n++) await ended(n);
    await pruneAll();
    await store.close();
    store = createSqliteStore({ path: join(disk, 'webhooks.db') });
    await store.open();
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(bavail * bsize - 900_000));
    let full = 6;
    while (
      await ended(full).then(
        () => true,
        () => false,
      )
    )
      full++;
    expect(full).toBeGreaterThan(6);
    await pruneAll();
    await ended(full + 1);
    expect((await store.deliveries({ limit: 1 })).deliveries).toMatchObject([{ id: full + 1 }]);
  });

  test('a small result still fits where a large event does not', async () => {
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(64 * 1024));
    const full = await fill();
    rmSync(join(disk, 'ballast'));
    const [settled, published] = await Promise.allSettled([
      store.settle([settlement(1, crm.id)]),
      publish(store, large(full), [delivery(full, crm.id)]),
    ]);
    expect([settled.status, published.status]).toEqual(['fulfilled', 'rejected']);
  });
});

describe.skipIf(!canMountImages)('a sqlite store on a disk that fails', () => {
  test('says so and takes nothing more; what was accepted is there', async () => {
    const host = mkdtempSync(join(tmpdir(), 'pbx-webhooks-disk-'));
    // The disk within has more room than what it lies on: in the end the kernel can't write what it took.
    mountTmpfs(host, '24m');
    const disk = DiskImage.empty(join(host, 'disk'));
    const store = createSqliteStore({ path: join(disk.folder, 'webhooks.db') });
    let left: DiskImage | undefined;
    const copy = mkdtempSync(join(tmpdir(), 'pbx-webhooks-copy-'));
    try {
      await store.open();
      await store.saveSubscription(crm);
      let accepted = 0;
      const failed = {
        code: 'store_failed',
        message: expect.stringMatching(/could not be brought to the disk.*restart pbx-webhooks/),
      };
      const publishNext = () =>
        publish(store, event(accepted + 1, { data: 'x'.repeat(300_000) }), [delivery(accepted + 1, crm.id)]);
      await expect(
        (async () => {
          for (;;) {
            await publishNext();
            accepted += 1;
          }
        })(),
      ).rejects.toMatchObject(failed);
      expect(accepted).toBeGreaterThan(2);
      expect(await store.lost).toMatchObject(failed);
      await expect(publishNext()).rejects.toMatchObject(failed);
      await store.close();

      left = disk.afterPowerCut(join(copy, 'disk'));
      const again = createSqliteStore({ path: join(left.folder, 'webhooks.db') });
      await again.open();
      const kept = (await allDeliveries(again)).map(({ id }) => Number(id));
      await again.close();
      expect(Array.from({ length: accepted }, (_, n) => n + 1).filter((id) => !kept.includes(id))).toEqual(
        [],
      );
    } finally {
      left?.remove();
      disk.remove();
      execFileSync('umount', [host]);
      for (const folder of [host, copy]) rmSync(folder, { recursive: true });
    }
  });
});
