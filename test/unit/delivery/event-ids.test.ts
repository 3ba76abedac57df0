import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventIds } from '../../../src/delivery/event-ids.ts';

describe('event ids', () => {
  test('tell type and millisecond, and count within one millisecond', () => {
    const ids = new EventIds(0);
    expect([1000, 1000, 1000, 1001].map((ms) => ids.next('a.b', ms).id)).toEqual([
      'a.b-1000',
      'a.b-1000-1',
      'a.b-1000-2',
      'a.b-1001',
    ]);
  });

  test('lie above those of earlier runs, even if the clock was put back', () => {
    const ids = new EventIds(5_000);
    expect(ids.next('a', 5_000).id).toBe('a-5001');
    expect(ids.next('a', 4_000).id).toBe('a-5001-1');
    expect(ids.next('a', 6_000).id).toBe('a-6000');
  });

  test('go on into the next millisecond where one is used up', () => {
    const ids = new EventIds(0);
    const last = Array.from({ length: 1_025 }, () => ids.next('a', 7).id).slice(-2);
    expect(last).toEqual(['a-7-1023', 'a-8']);
    expect(ids.next('a', 8).id).toBe('a-8-1');
  });

  test('are unique whatever the clock does, over restarts as well', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 60 }), { maxLength: 4 }),
        (runs) => {
          const seen = new Set<string>();
          let newest = 0;
          let last = 0;
          for (const clock of runs) {
            const ids = new EventIds(newest);
            for (const ms of clock) {
              const { id, position } = ids.next('a', ms);
              expect(position).toBeGreaterThan(last);
              last = position;
              expect(seen.has(id)).toBe(false);
              seen.add(id);
              newest = Math.max(newest, Number(id.split('-')[1]));
            }
          }
        },
      ),
    );
  });
});
