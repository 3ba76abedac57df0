import { expect, test } from 'vitest';
import { Claims } from '../../src/claims.ts';
import type { PbxEvent } from '../../src/model/event.ts';
import type { CallId, PbxName } from '../../src/model/ids.ts';
import { micro } from '../../src/util/clock.ts';

const MAIN = 'main' as PbxName;
const EVENTS = 'main.events' as PbxName;
const BRANCH = 'branch' as PbxName;

function event(type: string, more: { readonly call?: string; readonly extension?: string }): PbxEvent {
  const { call, extension } = more;
  const callId = call === undefined ? undefined : (call as CallId);
  return { type, occurredAt: micro(0), data: extension === undefined ? {} : { extension }, callId };
}

function memo(pbx: PbxName, call: string, state: string | null = '{}') {
  return { pbx, key: `call:${call}`, state };
}

test('who tells of a call or of registrations first tells all of it', () => {
  const claims = new Claims([MAIN, EVENTS], []);
  const call = event('call.started', { call: 'c1' });
  const registered = event('extension.registered', { extension: '1001' });
  const refused = event('extension.auth_failed', { extension: '1001' });
  const other = event('user.event', {});
  expect(claims.pass([call], EVENTS)).toEqual([call]);
  expect(claims.pass([registered], MAIN)).toEqual([registered]);
  expect(claims.pass([call, registered, refused, other], MAIN)).toEqual([registered, refused, other]);
  expect(claims.pass([call, registered, refused, other], EVENTS)).toEqual([call, other]);
});

test('whether the PBX is in sight the first source says', () => {
  const claims = new Claims([MAIN, EVENTS], []);
  const seen = event('pbx.connected', {});
  expect(claims.pass([seen], EVENTS)).toEqual([]);
  expect(claims.pass([seen], MAIN)).toEqual([seen]);
});

test('what another one tells is not kept, so that it can’t be ended twice after a restart', () => {
  const claims = new Claims([MAIN, EVENTS], []);
  claims.pass([event('call.started', { call: 'c1' })], MAIN);
  const own = [memo(EVENTS, 'c2'), memo(EVENTS, 'c1', null), { ...memo(EVENTS, 'c3'), key: 'contact:1001' }];
  expect(claims.kept([memo(EVENTS, 'c1'), ...own], EVENTS)).toEqual(own);
  expect(claims.kept([memo(MAIN, 'c1')], MAIN)).toEqual([memo(MAIN, 'c1')]);
});

test('calls of earlier runs stay with who told them, those of other PBXs with nobody here', () => {
  const claims = new Claims([MAIN, EVENTS], [memo(EVENTS, 'c1'), memo(BRANCH, 'c2')]);
  const [first, second] = [event('call.ended', { call: 'c1' }), event('call.ended', { call: 'c2' })];
  expect(claims.pass([first, second], MAIN)).toEqual([second]);
});
