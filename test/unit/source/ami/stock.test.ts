import { afterEach, describe, expect, test } from 'vitest';
import type { PbxName } from '../../../../src/model/ids.ts';
import { createAmiSource } from '../../../../src/source/ami/source.ts';
import type { Fact } from '../../../../src/telephony/facts.ts';
import type { StockFact } from '../../../../src/telephony/stock.ts';
import { type AmiFaults, startAmiServer } from '../../../support/ami-server.ts';
import { recordedLists } from '../../../support/recorded-lists.ts';
import { createRecorder } from '../../../support/recorder.ts';

const BOOTED = 'Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n';
const BUSY = 'test/fixtures/ami/22/15c_status_busy.ami';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function stockOf(faults: AmiFaults): Promise<{ stock: StockFact; facts: readonly Fact[] }> {
  const server = await startAmiServer({ stream: BOOTED, ...faults });
  cleanups.push(() => server.close());
  const facts = createRecorder<Fact>();
  const account = { username: 'webhooks', secret: 'top-secret' };
  const source = createAmiSource({
    name: 'main' as PbxName,
    host: '127.0.0.1',
    port: server.port,
    ...account,
  });
  cleanups.push(() => source.stop());
  source.start((fact) => facts.add(fact));
  const stock = await facts.first((fact) => fact.kind === 'pbx.stock_taken');
  if (stock.kind !== 'pbx.stock_taken') throw new Error('no stock');
  return { stock, facts: facts.all };
}

const seconds = (stock: StockFact, since: number): number => Math.round((stock.at - since) / 1_000_000);

describe('a busy Asterisk that is asked what there is', () => {
  test('tells its channels, what each does and since when', async () => {
    const { stock } = await stockOf({ answer: recordedLists(BUSY) });
    const channels = stock.channels?.map(({ channel, role, since, bridgeId }) => ({
      name: channel.name.replace(/-\w+$/, ''),
      call: channel.callId,
      role,
      ago: seconds(stock, since),
      isBridged: bridgeId !== undefined,
    }));
    expect(channels).toEqual([
      { name: 'PJSIP/1003', call: '1795448900.37', role: { is: 'other' }, ago: 1, isBridged: false },
      {
        name: 'PJSIP/1002',
        call: '1795448898.35',
        role: { is: 'dialled', by: 'dial' },
        ago: 3,
        isBridged: true,
      },
      { name: 'PJSIP/1001', call: '1795448900.39', role: { is: 'other' }, ago: 1, isBridged: true },
      {
        name: 'PJSIP/1001',
        call: '1795448898.35',
        role: { is: 'dialling', target: 'PJSIP/1002,8,tTkK' },
        ago: 3,
        isBridged: true,
      },
      { name: 'PJSIP/trunk1', call: '1795448900.38', role: { is: 'queueing' }, ago: 1, isBridged: false },
    ]);
  });

  test('tells parked calls, queues, conferences and mailboxes', async () => {
    const { stock } = await stockOf({ answer: recordedLists(BUSY) });
    expect(stock.parked).toMatchObject([
      { lot: 'default', space: '701', parker: 'PJSIP/1001', timeoutSeconds: 9 },
    ]);
    const support = stock.queues?.find(({ queue }) => queue === 'support');
    expect(support).toMatchObject({
      callers: [{ channelId: '1795448900.38', position: 1 }],
      members: [{ device: 'PJSIP/1002', name: 'Bob Brown', isPaused: false }],
    });
    expect(stock.rooms).toMatchObject([
      { room: '9000', participants: [{ admin: false, muted: false, channel: { id: '1795448900.37' } }] },
    ]);
    expect(stock.mailboxes?.find(({ mailbox }) => mailbox === '1001@default')).toEqual({
      mailbox: '1001@default',
      newCount: expect.any(Number),
      oldCount: expect.any(Number),
    });
  });

  test('what happens meanwhile comes after, and is not taken for what was there', async () => {
    const lists = recordedLists(BUSY);
    const hangup =
      'Event: Hangup\r\nPrivilege: call,all\r\nChannel: PJSIP/1003-00000025\r\nChannelState: 6\r\n' +
      'Uniqueid: 1795448900.37\r\nLinkedid: 1795448900.37\r\nCause: 16\r\n\r\n';
    const begun =
      'Event: Newchannel\r\nPrivilege: call,all\r\nChannel: PJSIP/trunk1-00000026\r\nChannelState: 4\r\n' +
      'Exten: 1\r\nUniqueid: 1795448900.38\r\nLinkedid: 1795448900.38\r\n\r\n';
    const { stock, facts } = await stockOf({ stream: BOOTED + begun + hangup, answer: lists });
    expect(stock.channels?.map(({ channel }) => channel.id)).not.toContain('1795448900.38');
    expect([...stock.streamed].sort()).toEqual(['1795448900.37', '1795448900.38']);
    expect(facts.map(({ kind }) => kind).slice(-3)).toEqual([
      'pbx.stock_taken',
      'channel.seen',
      'channel.gone',
    ]);
  });
});

describe('a PBX that does not answer everything', () => {
  test('an account that may not ask has no lists, which is not the same as empty ones', async () => {
    const { stock } = await stockOf({
      answer: (action) =>
        `Response: Error\r\nActionID: ${action.get('actionid')}\r\nMessage: Permission denied\r\n\r\n`,
    });
    expect(stock).toMatchObject({
      channels: undefined,
      parked: undefined,
      queues: undefined,
      rooms: undefined,
    });
  });

  test('is not asked for what it says it does not have', async () => {
    const asked: (string | undefined)[] = [];
    const empty = recordedLists(BUSY);
    const commands = ['CoreShowChannels', 'ListCommands', 'QueueStatus'];
    const { stock } = await stockOf({
      answer: (action) => {
        asked.push(action.get('action'));
        if (action.get('action') !== 'ListCommands') return empty(action);
        const lines = commands.map((name) => `${name}: What it does  (Priv: all)\r\n`).join('');
        return `Response: Success\r\nActionID: ${action.get('actionid')}\r\n${lines}\r\n`;
      },
    });
    expect(asked).toContain('CoreShowChannels');
    expect(asked).not.toContain('VoicemailUsersList');
    expect(stock.mailboxes).toBeUndefined();
    expect(stock.channels).toHaveLength(5);
  });

  test('a conference list that is empty is an error to Asterisk, and no conference to us', async () => {
    const lists = recordedLists(BUSY);
    const { stock } = await stockOf({
      answer: (action) =>
        action.get('action') === 'ConfbridgeListRooms'
          ? `Response: Error\r\nActionID: ${action.get('actionid')}\r\nMessage: No active conferences.\r\n\r\n`
          : lists(action),
    });
    expect(stock.rooms).toEqual([]);
  });

  test('a conference that ends while all are listed hides none of the others', async () => {
    const lists = recordedLists(BUSY);
    const { stock } = await stockOf({
      answer: (action) =>
        action.get('action') === 'ConfbridgeList'
          ? `Response: Error\r\nActionID: ${action.get('actionid')}\r\nMessage: No Conference by that name found.\r\n\r\n`
          : lists(action),
    });
    expect(stock.rooms).toEqual([{ room: '9000', participants: [] }]);
  });
});

describe('a PBX whose clock is another', () => {
  test('has all of its lists made in its own time', async () => {
    const booted = BOOTED.replace('Status:', 'Timestamp: 1000000000.5\r\nStatus:');
    const { stock, facts } = await stockOf({ stream: booted });
    const listed = facts.filter(({ kind }) => kind.endsWith('.listed'));
    expect(listed.map(({ kind }) => kind).sort()).toEqual(['contacts.listed', 'trunks.listed']);
    for (const { at } of [stock, ...listed]) expect(at / 1e6).toBeCloseTo(1_000_000_000.5, -2);
  });
});
