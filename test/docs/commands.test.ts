import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { createPlayback, listenOnLoopback } from '../../src/source/ami/playback.ts';
import { secretSchema } from '../../src/subscription/rules.ts';
import { pbxFor } from '../support/ami-account.ts';
import { startAmiServer } from '../support/ami-server.ts';
import { type CliRun, runCli, temporaryFolder, writeConfig } from '../support/cli.ts';
import { DocCommands, isThere, type RunElsewhere, sh } from '../support/doc-commands.ts';
import { fencesOf } from '../support/docs.ts';
import { Receiver } from '../support/receiver.ts';
import { isWithoutTools } from '../support/tools.ts';

/** Files of which one test runs every command. */
const OWN_TESTS: Readonly<Record<string, RunElsewhere['by']>> = {
  'docs/api.md': ['test/docs/api.test.ts', 'every sample request of docs/api.md'],
  'docs/cli.md': ['test/docs/cli.test.ts', 'each recipe of docs/cli.md works as it stands'],
};

const commands = new DocCommands(Object.keys(OWN_TESTS));

const ELSEWHERE: readonly RunElsewhere[] = [
  ...['npm pack', 'npm install --global', 'pbx-webhooks --version'].map((begin) => ({
    file: 'docs/quick-start.md',
    begin,
    by: ['test/package/package.test.ts', 'as docs/quick-start.md says'] as const,
  })),
  ...(
    [
      ['npm ci', 'is given the service'],
      ['useradd', 'is given the service'],
      ['install -d', 'is given the service'],
      ['install -m 0600', 'is given the service'],
      ['cp deploy', 'is given the service'],
      ['systemctl daemon-reload', 'is given the service'],
      ['systemctl enable', 'is given the service'],
      ['systemctl status', 'is given the service'],
      ['journalctl', 'is given the service'],
      ['set -a', 'with the variables of the unit'],
      ['pbx-webhooks doctor', 'with the variables of the unit'],
      ['pbx-webhooks backup', 'restores what there was'],
      ['systemctl stop', 'restores what there was'],
      ['rm -f', 'restores what there was'],
      ['install -m 600', 'restores what there was'],
      ['systemctl start', 'restores what there was'],
      ['systemctl stop', 'upgrades with a backup'],
      ['pbx-webhooks backup', 'upgrades with a backup'],
      ['npm install --global', 'upgrades with a backup'],
      ['pbx-webhooks check-config', 'upgrades with a backup'],
      ['systemctl start', 'upgrades with a backup'],
    ] as const
  ).map(([begin, title]) => ({
    file: 'docs/running.md',
    begin,
    by: ['test/machine/systemd.test.ts', title] as const,
  })),
  ...['install -d', 'chown asterisk:'].map((begin) => ({
    file: 'docs/asterisk.md',
    begin,
    by: ['test/machine/systemd.test.ts', 'gives Asterisk a key'] as const,
  })),
  ...['docker build', 'docker run', 'docker exec', 'docker exec'].map((begin) => ({
    file: 'docs/running.md',
    begin,
    by: ['test/machine/docker.test.ts', 'builds the image, and runs it'] as const,
  })),
  {
    file: 'docs/running.md',
    begin: 'docker compose',
    by: ['test/machine/docker.test.ts', 'starts Asterisk, plugin and receiver'],
  },
  ...['docs/quick-start.md', 'docs/running.md', 'docs/running.md', 'docs/running.md'].map((file) => ({
    file,
    begin: 'asterisk -rx',
    by: ['test/asterisk/freepbx.test.ts', 'every asterisk -rx of the documentation'] as const,
  })),
  ...(
    [
      ['README.md', 'npm ci && npm run demo', 'a clone shows the demo'],
      ['README.md', 'npm cit', 'a clone installs and passes its tests'],
      ['CONTRIBUTING.md', 'npm ci', 'a clone is installed and checked'],
      ['CONTRIBUTING.md', 'npm run check', 'a clone is installed and checked'],
      ['CONTRIBUTING.md', 'npm run typecheck', 'a clone is installed and checked'],
      ['CONTRIBUTING.md', 'npx vitest run', 'a part of the tests runs'],
      ['CONTRIBUTING.md', 'npx vitest run', 'a part of the tests runs'],
      ['CONTRIBUTING.md', 'npx vitest run', 'a part of the tests runs'],
      ['docs/quick-start.md', 'npm ci', 'a clone is installed and checked'],
      ['docs/quick-start.md', 'npm run demo -- --seconds', 'a clone shows the demo'],
      ['docs/performance.md', 'npm run bench', 'the bench measures'],
      ['docs/performance.md', 'npm run bench', 'the bench measures'],
      ['docs/performance.md', 'npm run bench', 'the bench measures'],
    ] as const
  ).map(([file, begin, title]) => ({ file, begin, by: ['test/docs/clone.test.ts', title] as const })),
  ...['id=msg_test', 'timestamp=', 'case $WEBHOOK_SECRET', 'signature=', 'curl -sS -i "$url"'].map(
    (begin) => ({
      file: 'docs/receivers.md',
      begin,
      by: ['test/package/receivers.test.ts', 'takes what send-signed.sh signs'] as const,
    }),
  ),
];

afterAll(() => {
  if (isWithoutTools) return;
  for (const { file, begin } of ELSEWHERE) commands.take(file, begin);
  expect(commands.left).toEqual([]);
});

let folder: string;
/** With `pbx-webhooks` in its PATH. */
let env: Record<string, string | undefined>;
beforeEach(() => {
  folder = temporaryFolder();
  const bin = join(temporaryFolder(), 'bin');
  mkdirSync(bin);
  const main = `exec '${process.execPath}' '${resolve('src/cli/main.ts')}' "$@"\n`;
  writeFileSync(join(bin, 'pbx-webhooks'), `#!/bin/sh\n${main}`);
  chmodSync(join(bin, 'pbx-webhooks'), 0o755);
  env = { PATH: `${bin}:${process.env['PATH']}` };
});

const stream = (name: string) => readFileSync(`test/fixtures/ami/22/${name}.ami`);
const portOf = (line: string) => Number(/http:\/\/[^:]+:(\d+)/.exec(line)?.[1]);

async function startedWith(file: string, more: Record<string, string> = {}): Promise<CliRun> {
  const run = runCli(['start', '--config', file], more);
  await run.output.first((line) => line.includes(' started: '));
  return run;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server, 0);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function apiPort({ output }: CliRun): Promise<number> {
  return portOf(await output.first((line) => line.includes('API at ')));
}

test('each command that another test runs is run there', () => {
  const named = [...ELSEWHERE.map(({ by }) => by), ...Object.values(OWN_TESTS)];
  expect(named.filter((by) => !isThere(by))).toEqual([]);
});

describe.skipIf(isWithoutTools)('README.md', () => {
  test('its API calls list, add and delete a subscription', async () => {
    const run = await startedWith(writeConfig(folder, {}));
    const instead = { 'localhost:8080': `127.0.0.1:${await apiPort(run)}` };
    const call = async (begin: string) =>
      JSON.parse(await sh(`${commands.take('README.md', begin)} -sS`, { cwd: folder, instead }));
    expect(await call('curl http')).toEqual([]);
    expect(await call('curl -X POST')).toMatchObject({ success: true });
    expect(await call('curl -X DELETE')).toMatchObject({ success: true });
  });
});

describe.skipIf(isWithoutTools)('docs/quick-start.md', () => {
  const file = 'docs/quick-start.md';

  test('leads from a configuration to events that are verified and printed', async () => {
    const pbx = await startAmiServer(pbxFor({}));
    onTestFinished(() => pbx.close());

    const configured = z
      .object({
        features: z.object({ webhooks: z.looseObject({ sources: z.object({ ami: z.object({}).loose() }) }) }),
      })
      .parse(parse(fencesOf(file).find(({ language }) => language === 'yaml')?.text ?? ''));
    const { webhooks } = configured.features;
    writeFileSync(join(folder, 'config.yml'), stringify(configured));
    const exported = [commands.take(file, 'export AMI'), commands.take(file, 'export WEBHOOK')].join('\n');
    const check = commands.take(file, 'pbx-webhooks check-config');
    const printed = await sh(`${exported}\n${check} >&2\nprintf %s "$AMI_SECRET $WEBHOOK_SECRET"`, {
      cwd: folder,
      env,
    });
    const [AMI_SECRET = '', WEBHOOK_SECRET = ''] = printed.split(' ');
    expect(WEBHOOK_SECRET).toMatch(/^[0-9a-f]{64}$/);

    expect(commands.take(file, 'pbx-webhooks listen')).toBe('pbx-webhooks listen');
    const receiver = runCli(['listen', '--port', '0'], { WEBHOOK_SECRET });
    const port = portOf(await receiver.errors.first((line) => line.startsWith('Listening on ')));
    const here = {
      ...webhooks,
      // doctor asks the service that runs.
      api: { port: await freePort() },
      sources: { ami: { ...webhooks.sources.ami, port: pbx.port } },
      subscriptions: [{ url: `http://127.0.0.1:${port}/`, events: ['*'], secret: `\${WEBHOOK_SECRET}` }],
    };
    const config = writeConfig(folder, here);
    expect(commands.take(file, 'pbx-webhooks start')).toBe('pbx-webhooks start --config config.yml');
    const run = await startedWith(config, { AMI_SECRET, WEBHOOK_SECRET });
    await run.output.first((line) => line.includes('connected to Asterisk'));
    pbx.send(stream('02a_internal_caller_hangs'));

    const shown = fencesOf(file).find(({ text }) => text.includes('VERIFIED'))?.text ?? '';
    for (const line of shown.split('\n')) {
      const words = line
        .replace(/^\S+ \S+ +/, '')
        .split(/ +/)
        .slice(0, 5);
      await receiver.output.first((printed) => printed.split(/ +/).slice(2, 7).join(' ') === words.join(' '));
    }

    const doctor = commands.take(file, 'pbx-webhooks doctor');
    const report = await sh(doctor, { cwd: folder, env: { ...env, AMI_SECRET, WEBHOOK_SECRET } });
    expect(report).toContain('0 failed');

    const instead = { 'localhost:8080': `127.0.0.1:${await apiPort(run)}` };
    const add = await sh(`${commands.take(file, 'curl -X POST')} -sS`, { cwd: folder, instead });
    expect(JSON.parse(add)).toMatchObject({ success: true });
    const list = await sh(`${commands.take(file, 'curl http')} -sS`, { cwd: folder, instead });
    expect(JSON.parse(list)).toHaveLength(2);
  });
});

describe.skipIf(isWithoutTools)('docs/receivers.md', () => {
  test('its line for X-Webhook-Signature makes what is sent', async () => {
    const receiver = await Receiver.start();
    onTestFinished(() => receiver.stop());
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const subscriptions = [{ url: receiver.url(), events: ['*'], secret }];
    const run = await startedWith(writeConfig(folder, { subscriptions }));
    const body = JSON.stringify({ event_type: 'user.event', data: { name: 'Zoë' } });
    await fetch(`http://127.0.0.1:${await apiPort(run)}/api/webhooks/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body,
    });
    const [request] = await receiver.received(1);
    writeFileSync(join(folder, 'body.json'), request?.body ?? '');
    const line = commands.take('docs/receivers.md', "printf 'sha256=");
    const made = await sh(line, { cwd: folder, env: { WEBHOOK_SECRET: secret } });
    expect(made.trim()).toBe(request?.headers['x-webhook-signature']);
  });
});

test.skipIf(isWithoutTools)(
  'the secret that docs/receivers.md makes is one of Standard Webhooks',
  async () => {
    const made = await sh(commands.take('docs/receivers.md', "printf 'whsec_"), { cwd: folder });
    expect(secretSchema.parse(made.trim())).toMatch(/^whsec_.{44}$/);
  },
);

describe.skipIf(isWithoutTools)('CONTRIBUTING.md', () => {
  test('records exactly what a PBX says, and shows the events in it', async () => {
    const recording = stream('03b_caller_cancels');
    const account = { username: 'webhooks', secret: 'change-me' };
    const playback = createPlayback({ streams: [recording], pace: 'whole', account });
    onTestFinished(() => playback.close());
    const instead = { 5038: await playback.listen(), 'm 60': 'm 2' };
    await sh(commands.take('CONTRIBUTING.md', 'printf'), { cwd: folder, instead });
    expect(readFileSync(join(folder, 'call.ami')).equals(recording)).toBe(true);

    const replay = commands.take('CONTRIBUTING.md', 'npx node src/cli/main.ts events replay-ami');
    const file = join(folder, 'call.ami');
    const lines = (await sh(replay, { cwd: resolve('.'), instead: { 'call.ami': file } })).trim().split('\n');
    const types = lines.map(
      (line) => z.object({ event_type: z.string() }).parse(JSON.parse(line)).event_type,
    );
    expect(types).toEqual(['call.started', 'call.ringing', 'call.missed', 'call.ended']);
  });
});

describe.skipIf(isWithoutTools)('docs/asterisk.md', () => {
  const file = 'docs/asterisk.md';

  test('its check logs in and lists what there is', async () => {
    const pbx = await startAmiServer();
    onTestFinished(() => pbx.close());
    const check = commands.take(file, 'printf');
    const said = await sh(`${check} || [ $? = 28 ]`, {
      cwd: folder,
      instead: { 5038: pbx.port, 'm 5': 'm 2' },
    });
    expect(said).toContain('Response: Success');
    expect(pbx.actions.all.map((action) => action.get('action'))).toEqual([
      'Login',
      'PJSIPShowContacts',
      'Logoff',
    ]);
  });

  test('its certificate is one for the name that the plugin asks for', async () => {
    const make = commands.take(file, 'openssl req');
    await sh(make, { cwd: folder, instead: { '/etc/asterisk/keys': folder } });
    const shown = await sh('openssl x509 -in ami.crt -noout -text', {
      cwd: folder,
    });
    expect(shown).toContain('DNS:pbx.lan');
    expect(readFileSync(join(folder, 'ami.key'), 'utf8')).toContain('PRIVATE KEY');
  });
});
