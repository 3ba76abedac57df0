import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { sh } from '../support/doc-commands.ts';
import { DOC_FILES, fencesOf, readDoc } from '../support/docs.ts';
import { Asterisk } from './rig/asterisk.ts';
import { Manager } from './rig/manager.ts';
import { isSkipped } from './rig/stage.ts';
import { treeFolder } from './rig/tree.ts';

/** As FreePBX writes it, but for its own account. */
const MANAGER_CONF = `[general]
enabled = yes
port = 5038
bindaddr = 127.0.0.1
displayconnects=no

[rig]
secret = rig-secret
read = all
write = all
writetimeout = 5000

#include manager_additional.conf
#include manager_custom.conf
`;

describe.skipIf(isSkipped(22))('a manager_custom.conf as docs/running.md has it, on Asterisk 22', () => {
  let etc: string;
  let asterisk: Asterisk;
  const custom = fencesOf('docs/running.md').find(({ language }) => language === 'ini')?.text ?? '';
  const inTree = join(treeFolder(22), 'srv/asterisk/etc');

  beforeAll(async () => {
    const why = inject('whyNoAsterisk')[22];
    if (why !== undefined) throw new Error(why);
    etc = mkdtempSync(join(tmpdir(), 'pbx-webhooks-freepbx-'));
    cpSync('test/asterisk/etc', etc, { recursive: true });
    writeFileSync(join(etc, 'manager.conf'), MANAGER_CONF);
    for (const name of ['manager_additional.conf', 'manager_custom.conf']) writeFileSync(join(etc, name), '');
    asterisk = await Asterisk.start(22, etc);
  });
  afterAll(async () => {
    await asterisk?.stop();
    rmSync(etc, { recursive: true, force: true });
  });

  /** `asterisk -rx …` speaks to the Asterisk of this test. */
  const run = (command: string) => {
    const here = { asterisk: `chroot ${treeFolder(22)} asterisk -C /srv/asterisk/etc/asterisk.conf` };
    return sh(command, { cwd: tmpdir(), instead: here });
  };

  test('adds the account and the time of events, and lets everything else be', async () => {
    await expect(Manager.login('webhooks', 'change-me')).rejects.toThrow('Authentication failed');
    writeFileSync(join(inTree, 'manager_custom.conf'), custom);
    await run("asterisk -rx 'manager reload'");
    const manager = await Manager.login('webhooks', 'change-me');
    await manager.action('Ping');
    manager.close();
    expect(await run("asterisk -rx 'manager show settings'")).toMatch(/Timestamp events: +Yes/);
    expect(await run("asterisk -rx 'manager show user webhooks'")).toMatch(
      /read perm: +system,call,agent,dialplan,security\n *write perm: +system,reporting/,
    );
    await expect(Manager.login('rig', 'rig-secret').then((rig) => rig.close())).resolves.toBeUndefined();
  });

  test('knows every asterisk -rx of the documentation', async () => {
    const named = DOC_FILES.flatMap((file) => readDoc(file).match(/asterisk -rx '[^']+'/g) ?? []);
    expect(new Set(named).size).toBeGreaterThan(2);
    for (const command of new Set(named)) {
      expect(await run(command), command).not.toMatch(/No such command|There is no user/);
    }
  });
});
