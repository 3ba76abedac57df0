import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { verify } from '../../src/verify.ts';
import { pbxFor } from '../support/ami-account.ts';
import { type AmiServer, startAmiServer } from '../support/ami-server.ts';
import { cloneInto } from '../support/clone.ts';
import { DocCommands, inlineCommand } from '../support/doc-commands.ts';
import { fencesOf } from '../support/docs.ts';
import { Receiver } from '../support/receiver.ts';
import { isSkipped, Machine } from './rig/machine.ts';

const FILE = 'docs/running.md';
const CONFIG = '/etc/pbx-webhooks/config.yml';
const API = 'http://127.0.0.1:8080';
const SECRET = 'a $ecret of many bytes';
const call = readFileSync('test/fixtures/ami/22/02a_internal_caller_hangs.ami');
const callTypes = ['call.started', 'call.ringing', 'call.answered', 'call.ended'];
const events = z.object({ items: z.array(z.object({ event_id: z.string() })) });

const commands = new DocCommands();
const take = (begin: string) => commands.take(FILE, begin);

describe.skipIf(isSkipped)('a machine with systemd', () => {
  let machine: Machine;
  let pbx: AmiServer;
  let receiver: Receiver;
  beforeAll(async () => {
    machine = await Machine.boot();
    pbx = await startAmiServer(pbxFor({}), 5038);
    receiver = await Receiver.start();
    cloneInto(machine.path('/root/pbx-webhooks'));
  });
  afterAll(async () => {
    await machine?.stop();
    await pbx?.close();
    await receiver?.stop();
  });

  const inClone = (command: string) => machine.run(command, { cwd: '/root/pbx-webhooks' });
  const mainPid = async () =>
    Number(await machine.run('systemctl show --property MainPID --value pbx-webhooks'));

  /** The configuration of docs/running.md, but for where events go. */
  function configure(...paths: readonly string[]): void {
    const shown = fencesOf(FILE).find(
      ({ language, text }) => language === 'yaml' && text.includes('AMI_SECRET'),
    );
    const { features } = z
      .object({ features: z.object({ webhooks: z.looseObject({}) }) })
      .parse(parse(shown?.text ?? ''));
    const subscriptions = paths.map((path) => ({
      url: receiver.url(path),
      events: ['call.*', 'user.event'],
      secret: `\${CRM_SECRET}`,
    }));
    features.webhooks['subscriptions'] = subscriptions;
    writeFileSync(machine.path(CONFIG), stringify({ features }));
  }

  const ready = () =>
    expect
      .poll(
        () =>
          fetch(`${API}/readyz`, { headers: { connection: 'close' } }).then(
            ({ status }) => status,
            () => 0,
          ),
        {
          timeout: 60_000,
        },
      )
      .toBe(200);

  /** Gives the next requests, of which each is signed: their types. */
  async function received(count: number, begin: () => unknown): Promise<readonly string[]> {
    const before = receiver.requests.length;
    await begin();
    const requests = (await receiver.received(before + count)).slice(before);
    return requests.map(({ body, headers }) => verify(body, headers, SECRET).event_type);
  }

  function publish(): Promise<Response> {
    return fetch(`${API}/api/webhooks/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ event_type: 'user.event', data: { name: 'Door' } }),
    });
  }

  async function delivers(): Promise<void> {
    await ready();
    expect(await received(1, publish)).toEqual(['user.event']);
  }

  async function subscriptions(): Promise<readonly unknown[]> {
    const response = await fetch(`${API}/api/webhooks`, { headers: { connection: 'close' } });
    return z.array(z.unknown()).parse(await response.json());
  }

  async function keptEvents(): Promise<readonly string[]> {
    const response = await fetch(`${API}/api/webhooks/events`, { headers: { connection: 'close' } });
    return events.parse(await response.json()).items.map(({ event_id }) => event_id);
  }

  test('is given the service as docs/running.md says, which sees a call and tells it', async () => {
    for (const begin of ['npm ci', 'useradd', 'install -d', 'install -m 0600', 'cp deploy'])
      await inClone(take(begin));
    writeFileSync(machine.path('/etc/pbx-webhooks/environment'), `AMI_SECRET='s'\nCRM_SECRET='${SECRET}'\n`);
    configure('/crm');
    for (const begin of ['systemctl daemon-reload', 'systemctl enable --now']) await machine.run(take(begin));
    await ready();
    expect(await received(callTypes.length, () => pbx.send(call))).toEqual(callTypes);
    const status = await machine.run(take('systemctl status'));
    expect(status).toContain('active (running)');
    expect(status).toContain('; enabled;');
    const log = machine.watch(take('journalctl'));
    await log.first((line) => /pbx-webhooks\[\d+\]: .*Webhook delivered: call\.ended/.test(line));
  });

  test('lets the service do what it must, and no more', async () => {
    const pid = await mainPid();
    expect(await machine.run(`ps -o user:20= -p ${pid}`)).toBe('pbx-webhooks\n');
    const status = readFileSync(machine.path(`/proc/${pid}/status`), 'utf8');
    expect(status).toMatch(/^CapBnd:\t0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect(status).toMatch(/^Seccomp:\t2$/m);
    const stat = await machine.run(
      `stat --format '%U %a' /var/lib/pbx-webhooks /var/lib/pbx-webhooks/webhooks.db`,
    );
    expect(stat).toBe('pbx-webhooks 700\npbx-webhooks 600\n');
    const write = (file: string) => machine.run(`nsenter --target ${pid} --mount touch ${file}`);
    await expect(write('/usr/local/bin/pbx-webhooks')).rejects.toThrow('Read-only file system');
    await expect(write('/etc/pbx-webhooks/config.yml')).rejects.toThrow('Read-only file system');
    await expect(machine.run(`runuser -u pbx-webhooks -- cat /etc/pbx-webhooks/environment`)).rejects.toThrow(
      'Permission denied',
    );
  });

  test('has the file read anew, and starts the service anew', async () => {
    const pid = await mainPid();
    configure('/crm', '/other');
    await machine.run(inlineCommand(FILE, 'systemctl reload pbx-webhooks'));
    await expect.poll(subscriptions, { timeout: 30_000 }).toHaveLength(2);
    expect(await received(2, publish)).toEqual(['user.event', 'user.event']);
    expect(receiver.requests.at(-1)?.path).not.toBe(receiver.requests.at(-2)?.path);
    expect(await mainPid()).toBe(pid);

    configure('/crm');
    await machine.run(inlineCommand(FILE, 'systemctl restart pbx-webhooks'));
    expect(await mainPid()).not.toBe(pid);
    await delivers();
  });

  test('starts a service that died, but not one whose configuration is wrong', async () => {
    const pid = await mainPid();
    await machine.run(`kill -9 ${pid}`);
    await expect.poll(mainPid, { timeout: 30_000 }).not.toBeOneOf([0, pid]);
    await delivers();

    writeFileSync(machine.path(CONFIG), 'features: { webhooks: { sources: 1 } }\n');
    await machine.run('systemctl restart pbx-webhooks');
    const state = () => machine.run('systemctl show --property ActiveState,ExecMainStatus pbx-webhooks');
    await expect.poll(state, { timeout: 30_000 }).toBe('ExecMainStatus=78\nActiveState=failed\n');
    configure('/crm');
    await machine.run('systemctl restart pbx-webhooks');
    await delivers();
  });

  test('has doctor find nothing wrong, with the variables of the unit', async () => {
    const report = await machine.run([take('set -a'), take('pbx-webhooks doctor')].join('\n'));
    expect(report).toContain('0 failed');
    expect(report).toContain('events are signed');
  });

  test('backs up while the service runs, and restores what there was', async () => {
    const kept = await keptEvents();
    await machine.run(take('pbx-webhooks backup'));
    expect(await machine.run(`stat --format '%U %a' /var/backups/pbx-webhooks.db`)).toBe('root 600\n');
    await delivers();
    expect(await keptEvents()).not.toEqual(kept);
    for (const begin of ['systemctl stop', 'rm -f', 'install -m 600', 'systemctl start'])
      await machine.run(take(begin));
    await ready();
    expect((await keptEvents()).slice(-kept.length)).toEqual(kept);
    await delivers();
  });

  test('upgrades with a backup of before', async () => {
    const kept = await keptEvents();
    const variables = 'set -a; . /etc/pbx-webhooks/environment; set +a\n';
    for (const begin of ['systemctl stop', 'pbx-webhooks backup', 'npm install --global'])
      await inClone(take(begin));
    await inClone(variables + take('pbx-webhooks check-config'));
    await inClone(take('systemctl start'));
    await ready();
    expect((await keptEvents()).slice(-kept.length)).toEqual(kept);
    expect(await machine.run('ls /var/backups')).toContain('pbx-webhooks-before.db');
  });

  test('gives Asterisk a key that nobody else reads, as docs/asterisk.md says', async () => {
    await machine.run('useradd --system asterisk && install -d /etc/asterisk');
    const file = 'docs/asterisk.md';
    for (const begin of ['install -d', 'openssl req', 'chown asterisk:'])
      await machine.run(commands.take(file, begin));
    const stat = "stat --format '%U %G %a' /etc/asterisk/keys/ami.key";
    expect(await machine.run(stat)).toBe('asterisk asterisk 600\n');
    await machine.run('runuser -u asterisk -- openssl pkey -in /etc/asterisk/keys/ami.key -noout');
    await machine.run(
      'runuser -u asterisk -- openssl x509 -in /etc/asterisk/keys/ami.crt -noout -checkhost pbx.lan',
    );
  });
});
