import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import type { CallId, EventId } from '../../src/model/ids.ts';
import type { Subscription } from '../../src/model/subscription.ts';
import { systemClock } from '../../src/util/clock.ts';
import { sign } from '../../src/verify.ts';
import { callEvent, type Rig, startRig, temporaryFolder } from '../support/engine.ts';
import { type ReceivedRequest, Receiver } from '../support/receiver.ts';
import {
  RECEIVER_EXAMPLES,
  type RunningReceiver,
  runReceiver,
  runWorker,
  whyNotRun,
} from '../support/receiver-examples.ts';
import { isWithoutTools } from '../support/tools.ts';

const WHSEC = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = 'whsec_AAAA9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const PLAIN = 'a plain secret, Zoë';
/** An event that a run kept that died before it worked on it. */
const LEFT = {
  event_id: 'call.started-1765108800123',
  event_type: 'call.started',
  timestamp: '2025-12-07T12:00:00.123456Z',
};
const TYPES = ['call.started', 'call.answered', 'call.ended'];
const folder = join(inject('examples'), 'receivers');

let rig: Rig<typeof systemClock>;
let database: ReturnType<typeof temporaryFolder>;
beforeEach(async () => {
  database = temporaryFolder();
  rig = await startRig({ folder: database.path, clock: systemClock, settings: { retryDelayMs: 100 } });
});
afterEach(async () => {
  await rig.stop();
  database.remove();
});

/** A call from start to end; ids in this order. */
async function publishCall(): Promise<readonly EventId[]> {
  const ids: EventId[] = [];
  for (const type of TYPES) {
    const event = callEvent(systemClock, { caller_name: 'Zoë \u{1F4DE} "x"' }, type);
    ids.push(await rig.engine.publish({ ...event, callId: '1765108800.12' as CallId }));
  }
  return ids;
}

function delivered({ id }: Subscription, count: number): Promise<void> {
  return expect.poll(() => rig.engine.stats(id).successCount, { timeout: 30_000 }).toBe(count);
}

/** What an example prints once it has worked on the event. */
function lineOf(id: string): string {
  return `handled ${id.slice(0, id.indexOf('-'))} ${id}`;
}

/** The very bytes of a delivery of `call.ended`. */
async function captured(secret: string): Promise<ReceivedRequest> {
  const receiver = await Receiver.start();
  await rig.registry.add({ url: receiver.url(), events: ['call.ended'], secret });
  await publishCall();
  const [request] = await receiver.received(1);
  await receiver.stop();
  if (request === undefined) throw new Error('nothing came');
  return request;
}

/** As anyone could. */
function signedWithNothing(body: string): Record<string, string> {
  const id = 'call_ended-1';
  const timestamp = String(Math.floor(Date.now() / 1000));
  const digest = createHmac('sha256', '').update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${digest}` };
}

for (const example of RECEIVER_EXAMPLES) {
  const why = whyNotRun(example);
  describe.skipIf(why !== undefined && process.env['CI'] !== 'true')(
    `the receiver in ${example.name}`,
    () => {
      describe.each([
        ['a whsec_ secret', WHSEC],
        ['a plain one', PLAIN],
      ])('with %s', (_kind, secret) => {
        const inbox = temporaryFolder();
        const options = { folder, inbox: inbox.path, secret };
        const worked: string[] = [];
        let receiver: RunningReceiver;
        beforeAll(async () => {
          if (why !== undefined) throw new Error(why);
          writeFileSync(join(inbox.path, `${LEFT.event_id}.json`), JSON.stringify(LEFT));
          receiver = await runReceiver(example, options);
          // `go run` has to compile it.
        }, 300_000);
        afterAll(async () => {
          await receiver?.stop();
          inbox.remove();
        });

        /** What was worked on so far, one event after the other. */
        async function handled(): Promise<readonly string[]> {
          const subscription = await rig.registry.add({ url: `${receiver.url}?last`, events: ['*'], secret });
          const ids = await publishCall();
          await delivered(subscription, 3);
          const { worker } = example;
          if (worker !== undefined) {
            worked.push(...(await runWorker(worker, options)));
            return worked;
          }
          await receiver.lines.first((line) => line === lineOf(ids.at(-1) ?? ''));
          return receiver.lines.all;
        }

        async function statusOf(body: string, headers: Record<string, string>): Promise<number> {
          const response = await fetch(receiver.url, {
            method: 'POST',
            headers: { 'content-type': 'application/json', connection: 'close', ...headers },
            body,
          });
          await response.arrayBuffer();
          return response.status;
        }

        test('takes what the engine sends, and works on each event once and in order, however often it comes', async () => {
          const subscription = await rig.registry.add({ url: receiver.url, events: ['*'], secret });
          const ids = await publishCall();
          await delivered(subscription, 3);
          expect(await rig.engine.recovery.replay(subscription.id, {})).toBe(3);
          await delivered(subscription, 6);
          expect(rig.engine.stats(subscription.id).failedAttempts).toBe(0);
          expect(receiver.kept()).toEqual(expect.arrayContaining([...ids]));
          const lines = ids.map(lineOf);
          expect((await handled()).filter((line) => lines.includes(line))).toEqual(lines);
        });

        test('works on what an earlier run left', async () => {
          const line = lineOf(LEFT.event_id);
          expect((await handled()).filter((one) => one === line)).toEqual([line]);
        });

        test('takes both signatures while the secret is rotated', async () => {
          const subscription = await rig.registry.add({ url: receiver.url, events: ['*'], secret });
          await rig.registry.rotateSecret(subscription.id, 3_600);
          await publishCall();
          await delivered(subscription, 3);
          expect(rig.engine.stats(subscription.id).failedAttempts).toBe(0);
        });

        test('answers 401 to what is forged, changed, old or unsigned, and keeps nothing of it', async () => {
          const { body } = await captured(secret);
          const now = Math.floor(Date.now() / 1000);
          const id = 'call_ended-1';
          const genuine = sign(body, secret, { id, timestamp: now });
          const { 'webhook-signature': _, ...unsigned } = genuine;
          const refused: readonly (readonly [string, Record<string, string>])[] = [
            [body, sign(body, OTHER, { id })],
            [`${body} `, genuine],
            [body.replace('call.ended', 'call.ender'), genuine],
            [body, { ...genuine, 'webhook-id': 'call_ended-2' }],
            [body, { ...genuine, 'webhook-timestamp': String(now - 1) }],
            [body, sign(body, secret, { id, timestamp: now - 400 })],
            [body, sign(body, secret, { id, timestamp: now + 400 })],
            [body, { ...genuine, 'webhook-timestamp': 'soon' }],
            [body, { ...genuine, 'webhook-signature': '' }],
            [body, { ...genuine, 'webhook-signature': 'v1,' }],
            [body, { ...genuine, 'webhook-signature': genuine['webhook-signature']?.slice(0, -4) ?? '' }],
            [
              body,
              { ...genuine, 'webhook-signature': genuine['webhook-signature']?.replace('v1,', 'v2,') ?? '' },
            ],
            [body, unsigned],
            // Without a time it could be sent again for ever.
            [body, { 'X-Webhook-Signature': genuine['X-Webhook-Signature'] ?? '' }],
            [body, {}],
            ['', genuine],
          ];
          const { event_id } = z.object({ event_id: z.string() }).parse(JSON.parse(body));
          for (const [text, headers] of refused) {
            expect([await statusOf(text, headers), JSON.stringify(headers)]).toEqual([
              401,
              expect.anything(),
            ]);
          }
          expect(receiver.kept()).not.toContain(event_id);

          // The same once more in order, twice: it was not for another reason that they were refused.
          expect(await statusOf(body, genuine)).toBe(204);
          expect(await statusOf(body, genuine)).toBe(204);
          expect(receiver.kept()).toContain(event_id);
          const line = lineOf(event_id);
          expect((await handled()).filter((one) => one === line)).toEqual([line]);
        });

        test.skipIf(isWithoutTools)('takes what send-signed.sh signs', async () => {
          const env = { PATH: process.env['PATH'], WEBHOOK_SECRET: secret };
          const { stdout } = await promisify(execFile)('./send-signed.sh', [receiver.url], {
            cwd: folder,
            env,
          });
          expect(stdout).toMatch(/^HTTP\/1\.1 204 /);
          const forged = { ...env, WEBHOOK_SECRET: OTHER };
          const answer = await promisify(execFile)('./send-signed.sh', [receiver.url], {
            cwd: folder,
            env: forged,
          });
          expect(answer.stdout).toMatch(/^HTTP\/1\.1 401 /);
        });
      });

      test.each(['', 'whsec_'])(
        'lets nobody in where its secret is %j',
        async (secret) => {
          if (why !== undefined) throw new Error(why);
          const inbox = temporaryFolder();
          const options = { folder, inbox: inbox.path, secret };
          // Some don't even start.
          const receiver = await runReceiver(example, options).catch(() => undefined);
          if (receiver !== undefined) {
            const body = '{"event_id":"call.ended-1","event_type":"call.ended"}';
            const response = await fetch(receiver.url, {
              method: 'POST',
              body,
              headers: signedWithNothing(body),
            });
            expect([401, 500]).toContain(response.status);
            expect(receiver.kept()).toEqual([]);
            await receiver.stop();
          }
          inbox.remove();
        },
        300_000,
      );
    },
  );
}
