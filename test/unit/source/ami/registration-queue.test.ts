import { expect, test } from 'vitest';
import { type AmiResult, failed } from '../../../../src/source/ami/connection.ts';
import { type QueuedFact, RegistrationQueue } from '../../../../src/source/ami/registration-queue.ts';
import type { Contact } from '../../../../src/telephony/registration-facts.ts';
import { type Deferred, deferred } from '../../../../src/util/deferred.ts';
import { FakeClock } from '../../../support/clock.ts';

type Answer = AmiResult<readonly Contact[]>;

const contactOf = (account: string): Contact => ({
  accountKind: 'pjsip',
  account,
  uri: `sip:${account}@10.0.0.1`,
});
const detailed = (account: string): Contact => ({ ...contactOf(account), userAgent: `phone of ${account}` });

function setUp() {
  const clock = new FakeClock();
  const queries: Deferred<Answer>[] = [];
  const told: string[] = [];
  const refusals: string[] = [];
  const queue = new RegistrationQueue({
    clock,
    query: () => {
      const query = deferred<Answer>();
      queries.push(query);
      return query.promise;
    },
    onFact: (fact) => {
      const contact = 'contact' in fact ? fact.contact : undefined;
      told.push(
        [fact.kind, contact?.account, contact?.userAgent].filter((part) => part !== undefined).join(' '),
      );
    },
    onRefused: (reason) => refusals.push(reason),
  });
  const factOf = (kind: 'contact.added' | 'contact.removed', account: string): QueuedFact => ({
    kind,
    at: clock.now(),
    contact: contactOf(account),
  });
  return {
    clock,
    queries,
    told,
    refusals,
    queue,
    add: (account: string) => queue.push(factOf('contact.added', account), true),
    remove: (account: string) => queue.push(factOf('contact.removed', account), false),
    answer: async (index: number, answer: Answer): Promise<void> => {
      queries[index]?.resolve(answer);
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

test('a fact without need goes out at once while none waits, else behind those that do', async () => {
  const { clock, told, add, remove, answer } = setUp();
  remove('1001');
  expect(told).toEqual(['contact.removed 1001']);
  add('1002');
  remove('1003');
  expect(told).toHaveLength(1);
  clock.advance(50);
  await answer(0, { ok: true, value: [detailed('1002')] });
  expect(told.slice(1)).toEqual(['contact.added 1002 phone of 1002', 'contact.removed 1003']);
  clock.advance(10_000);
  expect(clock.waiting).toBe(0);
});

test('500 phones at once cost one query', async () => {
  const { clock, queries, told, add, answer } = setUp();
  const accounts = Array.from({ length: 500 }, (_, i) => String(1000 + i));
  for (const account of accounts) add(account);
  clock.advance(50);
  await answer(0, { ok: true, value: accounts.map(detailed) });
  expect(told).toHaveLength(500);
  expect(told[499]).toBe('contact.added 1499 phone of 1499');
  clock.advance(10_000);
  expect(queries).toHaveLength(1);
});

test('a contact that comes while a query is out is served by the next one', async () => {
  const { clock, queries, told, add, answer } = setUp();
  add('1001');
  clock.advance(50);
  add('1002');
  await answer(0, { ok: true, value: [detailed('1001')] });
  expect(told).toEqual(['contact.added 1001 phone of 1001']);
  clock.advance(50);
  expect(queries).toHaveLength(2);
  await answer(1, { ok: true, value: [detailed('1001'), detailed('1002')] });
  expect(told[1]).toBe('contact.added 1002 phone of 1002');
});

test('a PBX that is slow to list is asked less often', async () => {
  const { clock, queries, add, answer } = setUp();
  add('1001');
  clock.advance(50);
  add('1002');
  clock.advance(300);
  await answer(0, { ok: true, value: [] });
  clock.advance(599);
  expect(queries).toHaveLength(1);
  clock.advance(1);
  expect(queries).toHaveLength(2);
});

test('after two seconds a fact goes out without details, and those behind it in their own time', async () => {
  const { clock, told, add, remove } = setUp();
  add('1001');
  clock.advance(500);
  add('1002');
  remove('1003');
  clock.advance(1_499);
  expect(told).toEqual([]);
  clock.advance(1);
  expect(told).toEqual(['contact.added 1001']);
  clock.advance(500);
  expect(told).toEqual(['contact.added 1001', 'contact.added 1002', 'contact.removed 1003']);
});

test('a contact that the PBX does not list goes out as it is', async () => {
  const { clock, told, add, answer } = setUp();
  add('1001');
  clock.advance(50);
  await answer(0, { ok: true, value: [] });
  expect(told).toEqual(['contact.added 1001']);
});

test('a refused query is told once, and nothing waits any more', async () => {
  const { clock, queries, told, refusals, add, answer } = setUp();
  add('1001');
  clock.advance(50);
  await answer(0, failed('refused', 'Permission denied'));
  add('1002');
  expect(told).toEqual(['contact.added 1001', 'contact.added 1002']);
  expect(refusals).toEqual(['Permission denied']);
  clock.advance(10_000);
  expect([queries.length, clock.waiting]).toEqual([1, 0]);
});

test('a flush lets everything out in order, and leaves no timer', async () => {
  const { clock, told, queue, add, remove, answer } = setUp();
  add('1001');
  clock.advance(50);
  remove('1001');
  queue.flush();
  expect(told).toEqual(['contact.added 1001', 'contact.removed 1001']);
  await answer(0, { ok: true, value: [detailed('1001')] });
  expect([told.length, clock.waiting]).toEqual([2, 0]);
});
