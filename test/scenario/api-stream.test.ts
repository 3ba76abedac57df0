import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from '../../src/api/client.ts';
import { startApiServer } from '../../src/api/server.ts';
import type { Engine } from '../../src/delivery/engine.ts';
import { systemClock } from '../../src/util/clock.ts';
import { startRig } from '../support/engine.ts';
import { heapInUse } from '../support/garbage.ts';
import { rigApi } from '../support/rig-api.ts';
import { type RunningService, type ServiceFolder, serviceFolder } from '../support/service.ts';

let folder: ServiceFolder;
let running: RunningService;
const sockets: Socket[] = [];

beforeEach(async () => {
  folder = serviceFolder();
  running = await folder.start();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await folder.remove();
});

const MiB = 1024 * 1024;

/** A connection that has asked for the stream and read the head of the answer, and reads nothing more by itself. */
async function slowReader(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.write('GET /api/webhooks/stream?events=call.* HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'readable');
  expect(socket.read().toString()).toContain('200 OK');
  return socket;
}

/** So many events of ten thousand characters. */
async function publish(count: number, to: Pick<Engine, 'publish'>): Promise<void> {
  const note = 'x'.repeat(10_000);
  for (let n = 0; n < count; n += 500) {
    await Promise.all(
      Array.from({ length: Math.min(500, count - n) }, (_, k) =>
        to.publish({
          type: 'call.started',
          occurredAt: systemClock.now(),
          data: { n: n + k, note },
        }),
      ),
    );
  }
}

describe('a reader that is too slow', () => {
  test('costs no more memory than its share, whatever happens, and is told what it missed', async () => {
    const count = 6_000;
    const socket = await slowReader(Number(new URL(running.service.apiUrl ?? '').port));
    const other = running.api.stream({ events: ['call.ended'] });
    await other.next();
    const before = heapInUse();
    await publish(count, running.service);
    expect(heapInUse() - before).toBeLessThan(20 * MiB);

    let text = '';
    let bytes = 0;
    const told = () => text.match(/event: event\n/g)?.length ?? 0;
    const dropped = () =>
      [...text.matchAll(/event: dropped\ndata: \{"count":(\d+)\}/g)].reduce(
        (sum, [, n]) => sum + Number(n),
        0,
      );
    for await (const chunk of socket) {
      bytes += chunk.length;
      // Without the notes, which say nothing.
      text = (text + chunk).replaceAll(/x{100,}/g, '');
      if (told() + dropped() >= count) break;
    }
    expect(told() + dropped()).toBe(count);
    expect(dropped()).toBeGreaterThan(count / 2);
    expect(bytes).toBeLessThan(30 * MiB);
  });

  test('keeps nobody from ending at once, nor does one that keeps up', async () => {
    const rig = await startRig({ folder: folder.path, clock: systemClock });
    const api = await rigApi(rig);
    const server = await startApiServer({ api, port: 0 });
    await slowReader(server.port);
    const stream = createClient({ baseUrl: `${server.url}/api/webhooks` }).stream();
    expect((await stream.next()).value).toEqual({ name: 'open' });
    await publish(2_000, rig.engine);
    // Longer than any test: what can't be handed over is given up.
    await server.close(3_600_000);
    for (let name = 'event'; name !== 'lost'; ) name = (await stream.next()).value?.name ?? 'lost';
    await stream.return(undefined);
    await rig.stop();
  });
});
