import { describe, expect, test } from 'vitest';
import type { AmiAction, AmiPacket, AmiResult } from '../../../../src/source/ami/connection.ts';
import { listTrunks } from '../../../../src/source/ami/trunks.ts';
import { micro } from '../../../../src/util/clock.ts';

/** A PBX that has these modules and answers their lists so. */
function pbx(lists: Readonly<Record<string, { module: string; items: readonly AmiPacket[] }>>) {
  const modules = new Set(Object.values(lists).map(({ module }) => module));
  const refused: AmiResult<never> = { ok: false, failure: { code: 'refused', message: 'Error' } };
  const asked: string[] = [];
  return {
    asked,
    action: async (action: AmiAction): Promise<AmiResult<AmiPacket>> =>
      modules.has(action['Module'] ?? '') ? { ok: true, value: { response: 'Success' } } : refused,
    list: async (action: AmiAction): Promise<AmiResult<readonly AmiPacket[]>> => {
      asked.push(action.Action);
      const list = lists[action.Action];
      return list === undefined ? refused : { ok: true, value: list.items };
    },
  };
}

describe('registrations with providers', () => {
  test('are listed for each channel driver that is there, and no other is asked', async () => {
    const asterisk16 = pbx({
      PJSIPShowRegistrationsOutbound: {
        module: 'res_pjsip_outbound_registration',
        items: [
          {
            event: 'OutboundRegistrationDetail',
            objectname: 'trunk1',
            clienturi: 'sip:acct1@127.0.0.20',
            serveruri: 'sip:127.0.0.20',
            status: 'Registered',
          },
          { event: 'AuthDetail', objectname: 'trunk1', username: 'acct1' },
        ],
      },
      SIPshowregistry: {
        module: 'chan_sip',
        items: [{ event: 'RegistryEntry', host: 'prov.example', username: 'acct1', state: 'Request Sent' }],
      },
    });
    expect(await listTrunks(asterisk16, () => micro(7))).toEqual({
      kind: 'trunks.listed',
      at: 7,
      accountKinds: ['pjsip', 'sip'],
      trunks: [
        {
          accountKind: 'pjsip',
          account: 'sip:acct1@127.0.0.20',
          server: 'sip:127.0.0.20',
          status: 'registered',
          name: 'trunk1',
        },
        { accountKind: 'sip', account: 'acct1', server: 'prov.example', status: 'ended', reason: 'timeout' },
      ],
    });
    expect(asterisk16.asked).toEqual(['PJSIPShowRegistrationsOutbound', 'SIPshowregistry']);
  });

  test('of a driver that has none are an empty list, not an unknown one', async () => {
    const none = pbx({ IAXregistry: { module: 'chan_iax2', items: [] } });
    expect(await listTrunks(none, () => micro(7))).toMatchObject({ accountKinds: ['iax2'], trunks: [] });
  });
});
