// A PBX of ten lines, which emits its own events: each under the name of its type.
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { setTimeout as talk } from 'node:timers/promises';
import register from 'pbx-webhooks';

class Pbx extends EventEmitter {
  async call(from_extension, to_extension, seconds) {
    const call = { call_id: randomUUID(), from_extension, to_extension };
    const started_at = now();
    this.emit('call.started', call);
    this.emit('call.answered', { ...call, answered_by: to_extension, answered_at: now() });
    await talk(seconds * 1000);
    this.emit('call.ended', {
      ...call,
      disposition: 'answered',
      started_at,
      ended_at: now(),
      duration: seconds,
    });
  }
}

const now = () => `${new Date().toISOString().slice(0, 19)}Z`;

const { HOOK_URL, HOOK_SECRET } = process.env;
const pbx = new Pbx();
const plugin = await register(
  { events: pbx, logger: console },
  { subscriptions: [{ url: HOOK_URL, events: ['call.*'], secret: HOOK_SECRET }] },
);

await pbx.call('1001', '1002', 1);
process.once('SIGTERM', () => plugin.close());
