import { expect, test } from 'vitest';
import { addressOf } from '../../../../src/source/ami/address.ts';

test.each([
  ['10.0.0.5:5060', undefined, { address: '10.0.0.5', port: 5060 }],
  ['10.0.0.5', undefined, { address: '10.0.0.5' }],
  ['10.0.0.5', '4569', { address: '10.0.0.5', port: 4569 }],
  ['[2001:db8::1]:5060', undefined, { address: '2001:db8::1', port: 5060 }],
  ['[2001:db8::1]', undefined, { address: '2001:db8::1' }],
  ['2001:db8::1', '5060', { address: '2001:db8::1', port: 5060 }],
  ['10.0.0.5:0', undefined, { address: '10.0.0.5' }],
  ['10.0.0.5:99999', undefined, { address: '10.0.0.5' }],
  ['-none-', '0', {}],
  ['(null)', undefined, {}],
  ['phone.lan:5060', undefined, {}],
  ['', undefined, {}],
  [undefined, undefined, {}],
])('%s and %s', (text, port, place) => {
  expect(addressOf(text, port)).toEqual(place);
});
