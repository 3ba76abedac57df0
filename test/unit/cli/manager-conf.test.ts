import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { judgeFilters } from '../../../src/cli/doctor/ami/event-filters.ts';
import { permits, whyNotListening } from '../../../src/cli/doctor/ami/manager-conf.ts';
import { readConf, settingOf } from '../../../src/cli/doctor/asterisk-conf.ts';
import { temporaryFolder } from '../../support/cli.ts';

describe('manager.conf', () => {
  test('is read as Asterisk reads it: includes, templates, additions, comments, the last value of a key', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'manager.d'));
    const file = join(folder, 'manager.conf');
    writeFileSync(
      file,
      `[general] ; all of it
enabled = yes
port=5038
;-- port = 1
secret = x --;
[base](!)
read = system
[one](base)
secret => a\\;b ; not this
read = call
#include "manager.d/*.conf"
#tryinclude none.conf
`,
    );
    writeFileSync(join(folder, 'manager.d', 'more.conf'), '[two]\nsecret=2\n[one](+)\nwritetimeout=5000\n');
    const conf = readConf(file);
    const one = conf?.get('one');
    expect(['secret', 'read', 'writetimeout'].map((key) => settingOf(one, key))).toEqual([
      'a;b',
      'call',
      '5000',
    ]);
    expect(settingOf(conf?.get('two'), 'secret')).toBe('2');
    expect(settingOf(conf?.get('general'), 'port')).toBe('5038');
    expect(settingOf(conf?.get('general'), 'secret')).toBeUndefined();
    expect(readConf(join(folder, 'none.conf'))).toBeUndefined();
  });

  test.each([
    [[], '10.0.0.1', true],
    [[['deny', '0.0.0.0/0.0.0.0']], '10.0.0.1', false],
    [
      [
        ['deny', '0.0.0.0/0.0.0.0'],
        ['permit', '10.0.0.0/255.0.0.0'],
      ],
      '10.0.0.1',
      true,
    ],
    [
      [
        ['permit', '10.0.0.1'],
        ['deny', '0.0.0.0/0'],
      ],
      '10.0.0.1',
      false,
    ],
    [
      [
        ['deny', '0.0.0.0/0'],
        ['permit', '192.168.0.0/16,10.0.0.0/8'],
      ],
      '10.0.0.1',
      true,
    ],
    [
      [
        ['deny', '0.0.0.0/0'],
        ['permit', '!10.0.0.0/8'],
      ],
      '10.0.0.1',
      false,
    ],
    [
      [
        ['deny', '0.0.0.0/0'],
        ['permit', '127.0.0.1'],
      ],
      '::ffff:127.0.0.1',
      true,
    ],
    [[['deny', '0.0.0.0/0']], '::1', true],
  ] as const)('%j lets %s in: %s', (rules, from, expected) => {
    expect(permits(rules, from)).toBe(expected);
  });

  test.each([
    [[], /enabled = no/],
    [
      [
        ['enabled', 'yes'],
        ['port', '5039'],
      ],
      /port = 5039/,
    ],
    [
      [
        ['enabled', 'yes'],
        ['bindaddr', '10.0.0.5'],
      ],
      /bindaddr = 10\.0\.0\.5/,
    ],
  ] as const)('%j tells why nobody listens', (general, why) => {
    expect(whyNotListening(new Map([['general', general]]), { port: 5038, tls: false })).toMatch(why);
  });
});

test.each([
  [[], /tlsenable = no/],
  [
    [
      ['tlsenable', 'yes'],
      ['tlsbindaddr', '0.0.0.0:5061'],
    ],
    /port 5061/,
  ],
  [
    [
      ['tlsenable', 'yes'],
      ['tlsbindaddr', '[::]:5062'],
    ],
    /port 5062/,
  ],
] as const)('%j tells why nobody listens with TLS', (general, why) => {
  const conf = new Map([['general', [['enabled', 'yes'] as const, ...general]]]);
  expect(whyNotListening(conf, { port: 5039, tls: true })).toMatch(why);
});

describe('eventfilter lines', () => {
  const judged = (...lines: readonly (readonly [key: string, value: string])[]) => judgeFilters(lines);

  test.each([
    ['!Event: Hangup', ['HangupRequest', 'Hangup']],
    ['!^Event: Hangup\r\n', undefined],
    ['!Privilege: call', undefined],
    ['Event: (Newchannel|Hangup)', undefined],
  ])('%j', (value, hidden) => {
    const verdict = judged(['eventfilter', value]);
    if (hidden === undefined) expect(verdict.hidden.length).toBeGreaterThan(0);
    else expect(verdict.hidden).toEqual(hidden);
  });

  test('one that can’t be read, or looks at a value, is unclear', () => {
    for (const value of ['!Event: (', '!Context: internal', '!Channel: DAHDI']) {
      expect(judged(['eventfilter', value])).toMatchObject({
        hidden: [],
        unclear: [`eventfilter = ${value}`],
      });
    }
  });

  test('of Asterisk 22, with a header or a value it hides some of that name, without all', () => {
    expect(judged(['eventfilter(action(exclude),name(Newchannel))', '']).hidden).toEqual(['Newchannel']);
    expect(judged(['eventfilter(action(exclude),name(Newchannel),header(Context))', 'x'])).toMatchObject({
      hidden: [],
      unclear: [expect.stringContaining('Newchannel')],
    });
    expect(judged(['eventfilter(action(exclude),name(VarSet))', ''])).toEqual({
      count: 1,
      hidden: [],
      unclear: [],
    });
    const only = judged(['eventfilter(action(include),name(Newchannel))', '']);
    expect(only.hidden).toContain('Hangup');
    expect(only.hidden).not.toContain('Newchannel');
  });
});
