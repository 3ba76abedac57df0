import { describe, expect, it } from 'vitest';
import type { SubscriptionId } from '../../../src/model/ids.ts';
import { createRegistry, type SubscriptionChange } from '../../../src/subscription/registry.ts';
import { type Clock, micro, systemClock } from '../../../src/util/clock.ts';
import { FakeClock } from '../../support/clock.ts';
import { MemorySubscriptions } from '../../support/memory-subscriptions.ts';

const A = 'https://a.example/hook';
const B = 'https://b.example/hook';
const C = 'https://c.example/hook';
const ALL = ['*'];

/** Every look at it is a microsecond later. */
function countingClock(): Clock {
  let now = 0;
  return { ...systemClock, now: () => micro(now++), after: () => ({ cancel: () => {} }) };
}

async function setUp(store = new MemorySubscriptions(), clock = countingClock()) {
  const registry = await createRegistry({ store, clock });
  const changes: SubscriptionChange[] = [];
  registry.onChange((change) => changes.push(change));
  /** As after a restart: another registry over what is on disk. */
  const reopen = () => createRegistry({ store, clock });
  return { store, registry, changes, reopen };
}

const told = (changes: readonly SubscriptionChange[]) =>
  changes.map(({ kind, subscription }) => `${kind} ${subscription.url}`);

function eventOf(type: string) {
  return { id: `${type}-1`, type, occurredAt: micro(0), data: {} };
}

describe('registry', () => {
  it('finds an added subscription by id, by URL in any spelling, and by type', async () => {
    const { registry, changes } = await setUp();
    const added = await registry.add({ url: A, events: ['call.*'], secret: 's', headers: { 'X-A': '1' } });
    expect(added.id).toMatch(/^sub_[\w-]{22}$/);
    expect(registry.get(added.id)).toBe(added);
    expect(registry.byUrl('HTTPS://A.example:443/hook')).toBe(added);
    expect(registry.matching(eventOf('call.started')).wanting).toEqual([added.id]);
    expect(registry.matching(eventOf('queue.call_added')).wanting).toEqual([]);
    expect(told(changes)).toEqual([`added ${A}`]);
  });

  it('is the same after a restart, oldest first', async () => {
    const { registry, reopen } = await setUp();
    await registry.add({ url: B, events: ALL });
    await registry.add({ url: A, events: ALL, description: 'd', secret: 's' });
    const again = await reopen();
    expect(again.list()).toEqual(registry.list());
    expect(again.matching(eventOf('call.ended')).wanting.map((id) => again.require(id).url)).toEqual([B, A]);
  });

  it('gives a URL to one of two who ask at once', async () => {
    const { registry, store } = await setUp();
    const asked = await Promise.allSettled([
      registry.add({ url: A, events: ALL }),
      registry.add({ url: A, events: ALL }),
    ]);
    expect(asked.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(asked[1]).toMatchObject({ reason: { code: 'subscription_exists' } });
    expect(store.kept.size).toBe(1);
  });

  it('changes nothing that the store did not take', async () => {
    const { registry, store, changes } = await setUp();
    const kept = await registry.add({ url: A, events: ALL });
    store.failure = 'store_full';
    await expect(registry.add({ url: B, events: ALL })).rejects.toMatchObject({ code: 'store_full' });
    await expect(registry.update(kept.id, { url: C })).rejects.toMatchObject({ code: 'store_full' });
    await expect(registry.remove(kept.id)).rejects.toMatchObject({ code: 'store_full' });
    expect(registry.list()).toEqual([kept]);
    expect(registry.byUrl(C)).toBeUndefined();
    store.failure = undefined;
    await registry.add({ url: B, events: ALL });
    expect(told(changes)).toEqual([`added ${A}`, `added ${B}`]);
  });

  it('changes what a patch names and keeps the rest; null takes away', async () => {
    const { registry } = await setUp();
    const before = await registry.add({
      url: A,
      events: ALL,
      secret: 's',
      description: 'd',
      headers: { 'X-A': '1' },
    });
    const moved = await registry.update(before.id, { url: B, secret: undefined });
    expect(moved).toEqual({ ...before, url: B });
    expect(registry.byUrl(A)).toBeUndefined();
    expect(registry.byUrl(B)).toBe(moved);
    const bare = await registry.update(before.id, { secret: null, description: null, headers: {} });
    expect(bare).toEqual({ ...moved, secret: undefined, description: undefined, headers: {} });
  });

  it('lets a secret that a patch or the file replaces sign for 24 h more, and none once it is taken away', async () => {
    const clock = new FakeClock();
    const { registry } = await setUp(undefined, clock);
    const { id, url } = await registry.add({ url: A, events: ALL, secret: 'first' });
    const day = micro(clock.now() + 86_400_000_000);
    const patched = await registry.update(id, { secret: 'second' });
    expect(patched).toMatchObject({ secret: 'second', oldSecrets: [{ secret: 'first', until: day }] });
    await registry.applyConfig([{ url, events: ALL, secret: 'third' }]);
    const old = [
      { secret: 'second', until: day },
      { secret: 'first', until: day },
    ];
    expect(registry.get(id)).toMatchObject({ secret: 'third', oldSecrets: old });
    await registry.update(id, { secret: 'first' });
    expect(registry.get(id)?.oldSecrets?.map(({ secret }) => secret)).toEqual(['third', 'second']);
    clock.advance(86_400_000);
    expect(await registry.update(id, { secret: 'fourth' })).toMatchObject({
      oldSecrets: [{ secret: 'first' }],
    });
    expect(await registry.update(id, { secret: null })).toMatchObject({
      secret: undefined,
      oldSecrets: undefined,
    });
  });

  it('forgets at once a secret that is rotated without an overlap', async () => {
    const { registry } = await setUp();
    const { id } = await registry.add({ url: A, events: ALL, secret: 'stolen' });
    expect((await registry.rotateSecret(id, 0)).oldSecrets).toBeUndefined();
  });

  it('refuses to move a subscription to the URL of another', async () => {
    const { registry } = await setUp();
    const a = await registry.add({ url: A, events: ALL });
    await registry.add({ url: B, events: ALL });
    await expect(registry.update(a.id, { url: B })).rejects.toMatchObject({ code: 'subscription_exists' });
    expect(await registry.update(a.id, { url: A })).toBe(a);
  });

  it('says why a subscription is disabled, and forgets it when enabled', async () => {
    const { registry } = await setUp();
    const { id } = await registry.add({ url: A, events: ALL });
    const disabled = await registry.disable(id, 'gone');
    expect(disabled).toMatchObject({ enabled: false, disabledReason: 'gone' });
    expect(registry.matching(eventOf('call.started')).wanting).toEqual([disabled.id]);
    const enabled = await registry.update(id, { enabled: true });
    expect(enabled.disabledReason).toBeUndefined();
    expect(registry.matching(eventOf('call.started')).wanting).toEqual([enabled.id]);
    expect(await registry.update(id, { enabled: false })).toMatchObject({ disabledReason: 'requested' });
  });

  it('frees the URL of a removed subscription; the next one has another id', async () => {
    const { registry } = await setUp();
    const first = await registry.add({ url: A, events: ALL });
    expect(await registry.remove(first.id)).toBe(first);
    await expect(registry.remove(first.id)).rejects.toMatchObject({ code: 'subscription_unknown' });
    const second = await registry.add({ url: A, events: ALL });
    expect(second.id).not.toBe(first.id);
  });

  it('does not know an id that is none', async () => {
    const { registry } = await setUp();
    const unknown = 'sub_none' as SubscriptionId;
    expect(registry.get(unknown)).toBeUndefined();
    await expect(registry.update(unknown, {})).rejects.toMatchObject({ code: 'subscription_unknown' });
  });

  it('tells the other listeners when one throws', async () => {
    const { registry, changes } = await setUp();
    const stop = registry.onChange(() => {
      throw new Error('listener broke');
    });
    const late: string[] = [];
    registry.onChange(({ kind }) => late.push(kind));
    await registry.add({ url: A, events: ALL });
    stop();
    await registry.add({ url: B, events: ALL });
    expect(late).toEqual(['added', 'added']);
    expect(changes).toHaveLength(2);
  });
});

describe('subscriptions of the config file', () => {
  it('are added, changed and removed as the file says; those of the API stay', async () => {
    const { registry, changes } = await setUp();
    await registry.add({ url: C, events: ALL });
    await registry.applyConfig([
      { url: A, events: ALL },
      { url: B, events: ALL },
    ]);
    await registry.applyConfig([{ url: B, events: ['call.*'], headers: { 'X-A': '1' } }]);
    expect(registry.list().map(({ url, events, origin }) => [url, events, origin])).toEqual([
      [C, ALL, 'api'],
      [B, ['call.*'], 'config'],
    ]);
    expect(told(changes)).toEqual([`added ${C}`, `added ${A}`, `added ${B}`, `changed ${B}`, `removed ${A}`]);
  });

  it('keep their ids over restarts, and an unchanged file writes nothing', async () => {
    const { store, registry, reopen } = await setUp();
    const file = [
      { url: A, events: ALL, secret: 's', headers: { 'X-A': '1' } },
      { url: B, events: ALL },
    ];
    await registry.applyConfig(file);
    const ids = registry.list().map(({ id }) => id);
    const { writes } = store;
    const again = await reopen();
    await again.applyConfig(file);
    expect(again.list().map(({ id }) => id)).toEqual(ids);
    expect(store.writes).toBe(writes);
  });

  it('take over a URL that the API had made: same id, the values of the file', async () => {
    const { registry } = await setUp();
    const made = await registry.add({ url: A, events: ['call.*'], secret: 'api', description: 'by API' });
    await registry.applyConfig([{ url: A, events: ALL, secret: 'file' }]);
    expect(registry.list()).toEqual([
      {
        ...made,
        events: ALL,
        secret: 'file',
        oldSecrets: [expect.objectContaining({ secret: 'api' })],
        description: undefined,
        origin: 'config',
      },
    ]);
    await registry.applyConfig([]);
    expect(registry.list()).toEqual([]);
  });

  it('are again what the file says after the API changed them', async () => {
    const { registry } = await setUp();
    const file = [{ url: A, events: ALL }];
    await registry.applyConfig(file);
    const [before] = registry.list();
    const id = before?.id ?? ('' as SubscriptionId);
    await registry.update(id, { enabled: false, events: ['call.*'] });
    await registry.applyConfig(file);
    expect(registry.list()).toEqual([before]);
  });

  it('stay disabled when the receiver was gone', async () => {
    const { registry } = await setUp();
    await registry.applyConfig([{ url: A, events: ALL }]);
    const id = registry.byUrl(A)?.id ?? ('' as SubscriptionId);
    await registry.disable(id, 'gone');
    await registry.applyConfig([{ url: A, events: ['call.*'], enabled: true }]);
    expect(registry.get(id)).toMatchObject({ enabled: false, disabledReason: 'gone', events: ['call.*'] });
  });
});
