import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { verify } from '../../src/verify.ts';
import { treeFolder } from '../asterisk/rig/tree.ts';
import { cloneInto } from '../support/clone.ts';
import { DocCommands } from '../support/doc-commands.ts';
import { Receiver } from '../support/receiver.ts';
import { isSkipped, Machine } from './rig/machine.ts';

/** Where no registry is: what the images are built from, made of the Debian and the Node that are here. */
const NODE_IMAGE = `FROM debian:sid-slim
COPY node /
RUN useradd --create-home node
`;

const commands = new DocCommands();
const take = (begin: string) => commands.take('docs/running.md', begin);

describe.skipIf(isSkipped)('a machine with Docker', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await Machine.boot();
    cloneInto(machine.path('/root/pbx-webhooks'));
    await machine.run('systemctl start docker');
    await makeBaseImages();
  });
  afterAll(() => machine?.stop());

  /** The Debian has Asterisk in it already: there is no network to download it from. */
  async function makeBaseImages(): Promise<void> {
    const debian = machine.path('/srv/debian.tar');
    const without = ['proc', 'sys', 'dev'].map((name) => `--exclude=./${name}/*`);
    execFileSync('tar', [
      '-C',
      treeFolder(22),
      ...without,
      '--exclude=./etc/apt/sources.list',
      '-cf',
      debian,
      '.',
    ]);
    await machine.run('docker import /srv/debian.tar debian:sid-slim && rm /srv/debian.tar');
    const context = machine.path('/srv/image');
    mkdirSync(context);
    cpSync(inject('nodeFolder'), join(context, 'node'), { recursive: true });
    writeFileSync(join(context, 'Dockerfile'), NODE_IMAGE);
    await machine.run('docker build -q -t node:24-slim /srv/image && rm -r /srv/image');
  }

  const env = {
    AMI_SECRET: 's',
    CRM_SECRET: 'a $ecret of many bytes',
    PBX_WEBHOOKS_TOKEN: 'a token of many bytes',
  };
  const inClone = (command: string) => machine.run(command, { cwd: '/root/pbx-webhooks', env });
  const ask = (path: string, token: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:8080${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', connection: 'close' },
    });
  const statusOf = (path: string, token: string) =>
    ask(path, token).then(
      ({ status }) => status,
      () => 0,
    );

  test('builds the image, and runs it as docs/running.md says', async () => {
    const gateway = await machine.run(
      "docker network inspect bridge --format '{{(index .IPAM.Config 0).Gateway}}'",
    );
    const receiver = await Receiver.start(gateway.trim());
    // As an editor does: the new file takes the place of the old one.
    const folder = machine.path('/root/pbx-webhooks/config');
    mkdirSync(folder);
    const configure = (...paths: readonly string[]) => {
      const subscriptions = paths.map((path) => ({
        url: receiver.url(path),
        events: ['*'],
        secret: `\${CRM_SECRET}`,
      }));
      const api = { host: '0.0.0.0', token: `\${PBX_WEBHOOKS_TOKEN}` };
      const webhooks = { subscriptions, api, store: { url: 'sqlite:/data/webhooks.db' } };
      writeFileSync(join(folder, 'config.new'), stringify({ features: { webhooks } }));
      renameSync(join(folder, 'config.new'), join(folder, 'config.yml'));
    };
    const token = env.PBX_WEBHOOKS_TOKEN;
    const publish = async () => {
      const body = JSON.stringify({ event_type: 'user.event', data: { name: 'Door' } });
      expect((await ask('/api/webhooks/events', token, { method: 'POST', body })).status).toBe(202);
    };
    const isUp = () => expect.poll(() => statusOf('/readyz', token), { timeout: 60_000 }).toBe(200);

    configure('/crm');
    for (const begin of ['docker build', 'docker run']) await inClone(take(begin));
    await isUp();
    await publish();
    const [request] = await receiver.received(1);
    expect(verify(request?.body ?? '', request?.headers ?? {}, env.CRM_SECRET).event_type).toBe('user.event');
    expect(await machine.run('docker exec pbx-webhooks whoami')).toBe('node\n');

    configure('/crm', '/other');
    await inClone(take('docker exec pbx-webhooks node /app/dist/cli/main.js reload'));
    const subscriptions = async () =>
      z.array(z.unknown()).parse(await (await ask('/api/webhooks', token)).json());
    await expect.poll(subscriptions, { timeout: 30_000 }).toHaveLength(2);
    await publish();
    await receiver.received(1, '/other');

    expect(await inClone(take('docker exec pbx-webhooks node /app/dist/cli/main.js doctor'))).toContain(
      '0 failed',
    );

    // Killed, it is started anew, and stopped in peace it ends by itself; what it has kept is in the volume.
    await machine.run("kill -9 $(docker inspect pbx-webhooks --format '{{.State.Pid}}')");
    await expect
      .poll(() => machine.run("docker inspect pbx-webhooks --format '{{.RestartCount}}'"), {
        timeout: 30_000,
      })
      .toBe('1\n');
    await isUp();
    const kept = await ask('/api/webhooks/events?type=user.event', token);
    expect(z.object({ items: z.array(z.unknown()) }).parse(await kept.json()).items).toHaveLength(2);
    await machine.run('docker stop pbx-webhooks');
    const ended = "docker inspect pbx-webhooks --format '{{.State.ExitCode}}'";
    expect(await machine.run(ended)).toBe('0\n');
    await receiver.stop();
  });

  test('starts Asterisk, plugin and receiver with compose, as docs/running.md says', async () => {
    const lines = machine.watch(take('docker compose'), { cwd: '/root/pbx-webhooks' });
    await lines.first((line) => line.includes('connected to Asterisk'));
    await lines.first((line) => /receiver-1 .* VERIFIED +pbx\.connected/.test(line));
    expect(await statusOf('/readyz', 'change-me-as-well')).toBe(200);
    const asterisk = 'docker compose exec -T asterisk asterisk -rx';
    const contacts = await machine.run(`${asterisk} 'pjsip show endpoints'`, { cwd: '/root/pbx-webhooks' });
    expect(contacts).toMatch(/Endpoint: +1001/);
  });
});
