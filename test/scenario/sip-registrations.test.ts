import type Srf from 'drachtio-srf';
import { describe, expect, test } from 'vitest';
import { DESK } from '../support/drachtio-server.ts';
import { watchedHost } from '../support/sip-host.ts';
import { register } from '../support/sip-phone.ts';

const EXPIRES = 300;

/** A registrar that grants what is asked for, and lists nothing else. */
function grantAll(srf: Srf): void {
  srf.register((req, res) => {
    const contact = req.get('Contact');
    res.send(200, { headers: { ...(contact && { Contact: contact }), Expires: req.get('Expires') } });
  });
}

/** A registrar that answers with these contacts, whatever was asked for. */
function grants(answers: readonly string[]): (srf: Srf) => void {
  const left = [...answers];
  return (srf) => srf.register((_, res) => res.send(200, { headers: { Contact: left.shift() ?? '' } }));
}

describe('a device that registers with the host', () => {
  test('is told once: a refresh is nothing', async () => {
    const { server, events, clock } = await watchedHost(grantAll);
    await server.receive(register());
    clock.advance(150_000);
    await server.receive(register());
    expect(events.filter(({ type }) => type !== 'pbx.connected')).toEqual([
      {
        type: 'extension.registered',
        occurredAt: Date.UTC(2025, 11, 7, 12) * 1000,
        data: {
          timestamp: '2025-12-07T12:00:00Z',
          pbx: 'edge',
          extension: '1001',
          ip_address: '192.0.2.10',
          port: 5062,
          user_agent: 'Yealink SIP-T46U 108.86.0.45',
          contact_uri: 'sip:1001@192.0.2.10:5062',
          expires_at: '2025-12-07T12:05:00Z',
          transport: 'udp',
          contacts: 1,
        },
      },
    ]);
  });
});
