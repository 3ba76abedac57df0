import { expect, test } from 'vitest';
import { parseContactUri } from '../../../src/telephony/contact-uri.ts';

test.each([
  ['sip:1004@127.0.0.14:5060', { address: '127.0.0.14', port: 5060, transport: 'udp' }],
  ['sip:1004@10.0.0.4', { address: '10.0.0.4', transport: 'udp' }],
  ['sip:10.0.0.4', { address: '10.0.0.4', transport: 'udp' }],
  ['sip:1004@10.0.0.4:5062;transport=TCP;ob', { address: '10.0.0.4', port: 5062, transport: 'tcp' }],
  ['sips:1004@10.0.0.4:5061', { address: '10.0.0.4', port: 5061, transport: 'tls' }],
  ['sip:1004@[2001:db8::4]:5060', { address: '2001:db8::4', port: 5060, transport: 'udp' }],
  ['sip:1004@[2001:db8::4];transport=tls', { address: '2001:db8::4', transport: 'tls' }],
  ['sip:k3j2@df7jal23ls0d.invalid;transport=ws', { transport: 'ws' }],
  ['sip:1004;phone-context=x@10.0.0.4:5060', { address: '10.0.0.4', port: 5060, transport: 'udp' }],
  ['sip:1004:secret@10.0.0.4:5060', { address: '10.0.0.4', port: 5060, transport: 'udp' }],
  ['sip:1004@example.com@10.0.0.4:5060', { address: '10.0.0.4', port: 5060, transport: 'udp' }],
  ['sip:1004@10.0.0.4:5060;x-from=a@10.9.9.9', { address: '10.0.0.4', port: 5060, transport: 'udp' }],
  ['<sip:1004@10.0.0.4:5060>', { address: '10.0.0.4', port: 5060, transport: 'udp' }],
  ['sip:1004@10.0.0.4:99999', { address: '10.0.0.4', transport: 'udp' }],
  ['tel:+4930123456', {}],
  ['10.0.0.4:5060', {}],
  ['', {}],
])('%s', (uri, parts) => {
  expect(parseContactUri(uri)).toEqual(parts);
});
