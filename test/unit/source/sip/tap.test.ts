import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { Wire } from '../../../../src/source/sip/host-srf.ts';
import { Tap, type TapListener } from '../../../../src/source/sip/tap.ts';

class FakeWire extends EventEmitter implements Wire {
  readonly sent: string[] = [];

  send(_socket: unknown, frame: string): string {
    this.sent.push(frame);
    return `id-${this.sent.length}`;
  }
}

const quiet = { incoming: () => undefined, outgoing: () => {}, failed: () => {} };

describe('a tap', () => {
  test('hears a frame before the application does, and passes on what that sends', () => {
    const wire = new FakeWire();
    const heard: string[] = [];
    wire.on('msg', (_, frame: string) => wire.send(undefined, `answer to ${frame}`));
    const tap = new Tap(wire, {
      incoming: (frame) => {
        heard.push(frame);
        return `because ${frame}`;
      },
      outgoing: (id, frame, because) => heard.push(`${id}: ${frame} (${because})`),
      failed: () => {},
    });
    wire.emit('msg', undefined, 'a');
    expect(heard).toEqual(['a', 'id-1: answer to a (because a)']);
    tap.remove();
    wire.emit('msg', undefined, 'b');
    expect(heard).toHaveLength(2);
    expect(wire.sent).toEqual(['answer to a', 'answer to b']);
  });

  test('knows because of what a frame is sent, also later on and side by side with others', async () => {
    const wire = new FakeWire();
    const causes: unknown[] = [];
    wire.on('msg', (_, frame: string) => {
      void Promise.resolve()
        .then(() => new Promise((resolve) => setImmediate(resolve)))
        .then(() => wire.send(undefined, `later ${frame}`));
    });
    const tap = new Tap(wire, {
      ...quiet,
      incoming: (frame) => frame,
      outgoing: (_, frame, because) => causes.push([frame, because]),
    });
    for (const frame of ['a', 'b', 'c']) wire.emit('msg', undefined, frame);
    await new Promise((resolve) => setTimeout(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(causes).toEqual([
      ['later a', 'a'],
      ['later b', 'b'],
      ['later c', 'c'],
    ]);
    tap.remove();
  });

  test('that fails hurts nobody, and says so', () => {
    const wire = new FakeWire();
    const failures: unknown[] = [];
    const fail = (): never => {
      throw new Error('broken');
    };
    const tap = new Tap(wire, { incoming: fail, outgoing: fail, failed: (error) => failures.push(error) });
    wire.emit('msg', undefined, 'a');
    expect(wire.send(undefined, 'b')).toBe('id-1');
    expect(failures).toHaveLength(2);
    tap.remove();
  });

  test('leaves alone who took its place meanwhile', () => {
    const wire = new FakeWire();
    const heard: string[] = [];
    const tap = new Tap(wire, { ...quiet, outgoing: (_, frame) => heard.push(frame) });
    const ours = wire.send;
    const theirs: Wire['send'] = (socket, frame) => ours.call(wire, socket, `${frame}!`);
    wire.send = theirs;
    tap.remove();
    expect(wire.send).toBe(theirs);
    expect(wire.send(undefined, 'a')).toBe('id-1');
    expect([wire.sent, heard]).toEqual([['a!'], []]);
  });

  test('beside others has causes of its own, and leaves nothing behind whoever leaves first', () => {
    const wire = new FakeWire();
    const heard: string[] = [];
    const listener = (name: string): TapListener => ({
      ...quiet,
      incoming: (frame) => `${name} of ${frame}`,
      outgoing: (_, frame, because) => heard.push(`${name}: ${frame} (${because})`),
    });
    wire.on('msg', (_, frame: string) => wire.send(undefined, `answer to ${frame}`));
    const first = new Tap(wire, listener('first'));
    const second = new Tap(wire, listener('second'));
    wire.emit('msg', undefined, 'a');
    first.remove();
    first.remove();
    wire.emit('msg', undefined, 'b');
    second.remove();
    wire.emit('msg', undefined, 'c');
    expect(heard).toEqual([
      'first: answer to a (first of a)',
      'second: answer to a (second of a)',
      'second: answer to b (second of b)',
    ]);
    expect([Object.hasOwn(wire, 'send'), wire.listenerCount('msg')]).toEqual([false, 1]);
  });

  test('takes turns with others for as long as one likes', () => {
    const wire = new FakeWire();
    let tap = new Tap(wire, { ...quiet });
    for (let turns = 0; turns < 20_000; turns += 1) {
      const next = new Tap(wire, { ...quiet });
      tap.remove();
      tap = next;
    }
    expect(wire.send(undefined, 'a')).toBe('id-1');
    tap.remove();
    expect(Object.hasOwn(wire, 'send')).toBe(false);
  });
});
