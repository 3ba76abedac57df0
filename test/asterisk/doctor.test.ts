import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { runCli, temporaryFolder, writeConfig } from '../support/cli.ts';
import { answersAfter, type Phone } from './phone/phone.ts';
import type { Asterisk } from './rig/asterisk.ts';
import { bootAsterisk, describeOnEachAsterisk, openPhone } from './rig/stage.ts';

interface Diagnosis {
  readonly sections: readonly { readonly title: string; readonly findings: readonly Finding[] }[];
}

/** Accounts by the name of the source. */
type Accounts = Readonly<Record<string, readonly [username: string, secret: string]>>;

const CALL_MS = 3_000;

describeOnEachAsterisk('doctor', (version) => {
  let asterisk: Asterisk;
  let phones: readonly Phone[];

  beforeAll(async () => {
    asterisk = await bootAsterisk(version);
    phones = await Promise.all([openPhone('1001'), openPhone('1002')]);
    for (const phone of phones) await phone.register();
  });

  afterAll(async () => {
    for (const phone of phones ?? []) phone.close();
    await asterisk?.stop();
  });

  function run(accounts: Accounts, ...args: string[]) {
    const ami = Object.entries(accounts).map(([name, [username, secret]]) => ({ name, username, secret }));
    const config = writeConfig(temporaryFolder(), { sources: { ami } });
    const managerConf = join(asterisk.spool, '../etc/manager.conf');
    return runCli(['doctor', '--config', config, '--manager-conf', managerConf, '--json', ...args]);
  }

  async function problems({ exit, output }: ReturnType<typeof run>): Promise<Record<string, string[]>> {
    await exit;
    const { sections }: Diagnosis = JSON.parse(output.all.join('\n'));
    const ofPbx = sections.flatMap(({ title, findings }) => {
      const name = /^PBX (\S+)/.exec(title)?.[1];
      const told = findings.filter(({ verdict }) => verdict !== 'ok').map(({ code }) => code);
      return name === undefined ? [] : [[name, told] as const];
    });
    return Object.fromEntries(ofPbx);
  }

  test('names what is wrong with each account, finds no fault with the documented one, and disturbs nobody', async () => {
    const from = asterisk.manager.packets.length;
    const doctor = run({
      documented: ['webhooks', 'change-me'],
      deaf: ['doctor-deaf', 'rig-secret'],
      mute: ['doctor-mute', 'rig-secret'],
      'allow-list': ['doctor-allow-list', 'rig-secret'],
      filtered: ['filters-anywhere', 'rig-secret'],
      everything: ['rig', 'rig-secret'],
      secret: ['webhooks', 'change-you'],
      nobody: ['webhook', 'change-me'],
      fenced: ['doctor-fenced', 'rig-secret'],
    });
    expect(await problems(doctor)).toEqual({
      documented: [],
      deaf: ['read_class_missing'],
      mute: ['read_classes_unknown', 'write_class_missing'],
      'allow-list': ['event_filter_hides', 'write_timeout_short'],
      filtered: ['read_classes_unknown', 'write_class_missing', 'write_class_missing'],
      everything: ['write_class_excess'],
      secret: ['login_wrong_secret'],
      nobody: ['login_unknown_account'],
      fenced: ['login_address_refused'],
    });
    const told = asterisk.manager.packets.slice(from).map((packet) => packet.get('Event') ?? '');
    expect(told.filter((name) => /NotAllowed|BadFormat|NotSupported/.test(name))).toEqual([]);
  });

  test('tells from a call that is made meanwhile whether events are hidden', async () => {
    const accounts = ['webhooks', 'doctor-mute', 'doctor-allow-list'];
    const loggedIn = accounts.map((name) =>
      asterisk.manager.next(
        (packet) => packet.get('Event') === 'SuccessfulAuth' && packet.get('AccountID') === name,
      ),
    );
    const doctor = run(
      {
        documented: ['webhooks', 'change-me'],
        mute: ['doctor-mute', 'rig-secret'],
        'allow-list': ['doctor-allow-list', 'rig-secret'],
      },
      '--watch',
      '8',
    );
    await Promise.all(loggedIn);
    const [alice, bob] = phones;
    if (bob) bob.whenCalled = answersAfter(100);
    const found = problems(doctor);
    // Calls that last longer than doctor waits between two lists, until it has seen enough.
    let isOver = false;
    void found.then(() => {
      isOver = true;
    });
    while (!isOver) {
      const over = asterisk.manager.next((packet) => packet.get('Event') === 'Hangup');
      const call = alice?.call('1002');
      await Promise.race([found, pause(CALL_MS)]);
      await call?.hangUp();
      await over;
    }
    expect((await found)['documented']).toEqual([]);
    expect((await found)['mute']).toContain('events_hidden');
    expect((await found)['allow-list']).toContain('events_hidden');
  });
});
