import { describe, expect, it } from 'vitest';
import { createDeviceReader } from '../../../src/telephony/devices.ts';
import { TEST_OPTIONS } from '../../support/ami-stream.ts';

const reader = createDeviceReader(TEST_OPTIONS);

describe('names of channels', () => {
  it.each([
    ['PJSIP/1001-00000001', { kind: 'extension', endpoint: '1001', extension: '1001' }],
    ['SIP/2001-0000000a', { kind: 'extension', endpoint: '2001', extension: '2001' }],
    ['IAX2/1001-1234', { kind: 'extension', endpoint: '1001', extension: '1001' }],
    ['PJSIP/trunk1-00000001', { kind: 'outside', endpoint: 'trunk1' }],
    ['SIP/acct-01-00000012', { kind: 'outside', endpoint: 'acct-01' }],
    ['SIP/203.0.113.5-0000000a', { kind: 'outside', endpoint: '203.0.113.5' }],
    ['PJSIP/4930123456-0000002a', { kind: 'outside', endpoint: '4930123456' }],
    ['DAHDI/i1/5551234-3', { kind: 'outside', endpoint: 'i1' }],
    ['DAHDI/1-1', { kind: 'outside', endpoint: '1' }],
    ['Local/1003@agents-00000017;1', { kind: 'local', pair: 'Local/1003@agents-00000017', half: 1 }],
    ['Local/1003@agents-00000017;2', { kind: 'local', pair: 'Local/1003@agents-00000017', half: 2 }],
    ['CBAnn/9000-00000001;2', { kind: 'helper' }],
    ['Surrogate/PJSIP/1001-00000001', { kind: 'helper' }],
    ['Message/ast_msg_queue', { kind: 'helper' }],
    ['', { kind: 'outside', endpoint: '' }],
  ])('%s', (name, device) => {
    expect(reader.ofChannel(name)).toEqual(device);
  });

  it('a trunk may be named with its technology, and wins over the pattern', () => {
    const trunks = createDeviceReader({ ...TEST_OPTIONS, trunks: ['PJSIP/12345', 'DAHDI/i1'] });
    expect(trunks.ofChannel('PJSIP/12345-00000001').kind).toBe('outside');
    expect(trunks.ofChannel('SIP/12345-00000001').kind).toBe('extension');
    expect(trunks.ofChannel('DAHDI/i1/5551234-3').kind).toBe('outside');
  });

  it('a group of the pattern picks the extension out of the name', () => {
    const webrtc = createDeviceReader({ trunks: [], extensionPattern: /^(?:99)?(\d{4})(?:-webrtc)?$/g });
    for (let i = 0; i < 2; i += 1) {
      expect(webrtc.ofChannel('PJSIP/1001-webrtc-0000000b')).toMatchObject({ extension: '1001' });
      expect(webrtc.ofChannel('PJSIP/991001-0000000b')).toMatchObject({ extension: '1001' });
    }
  });

  it('devices have no running number', () => {
    expect(reader.ofDevice('PJSIP/1002')).toMatchObject({ extension: '1002' });
    expect(reader.ofDevice('SIP/my-trunk')).toEqual({ kind: 'outside', endpoint: 'my-trunk' });
  });
});
