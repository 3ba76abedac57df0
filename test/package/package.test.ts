import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../support/cli.ts';
import { DocCommands, sh } from '../support/doc-commands.ts';

const run = promisify(execFile);
const examples = inject('examples');
const packed = inject('packed');
const readme = readFileSync('README.md', 'utf8');

/** Runs to the end; what it found wrong makes the test fail. */
async function finished(file: string, args: readonly string[], cwd = '.'): Promise<{ stdout: string }> {
  return run(file, args, { cwd }).catch((error: unknown) => {
    throw new Error(String(Reflect.get(Object(error), 'stdout')), { cause: error });
  });
}

/** Runs a program that stands in the folder where the package is installed. */
async function program(name: string, source: string): Promise<string> {
  writeFileSync(join(examples, name), source);
  return (await run(process.execPath, [name], { cwd: examples })).stdout;
}

describe('the tarball', () => {
  test('holds what a user needs, and nothing of its making', () => {
    const isWanted =
      /^(dist\/.*\.(js|d\.ts)|dist\/dashboard\/.*|demo\/day\.ami|(config|plugin)(\.schema)?\.json|openapi\.json|config\.example\.yml|[A-Z]+(\.md)?|package\.json)$/;
    expect(packed.filter((path) => !isWanted.test(path))).toEqual([]);
    expect(packed.filter((path) => /(^|\/)(test|bench|fixtures)\/|\.map$/.test(path))).toEqual([]);
    for (const path of ['dist/index.js', 'dist/index.d.ts', 'plugin.json', 'plugin.schema.json', 'LICENSE']) {
      expect(packed).toContain(path);
    }
  });

  test('is as large as the README says', () => {
    const { packed: bytes, unpacked } = inject('sizes');
    const [, packedKb, unpackedMb] = /(\d+) kB packed, ([\d.]+) MB unpacked/.exec(readme) ?? [];
    // Within a sixth.
    expect(Math.abs(bytes / (Number(packedKb) * 1e3) - 1)).toBeLessThan(1 / 6);
    expect(Math.abs(unpacked / (Number(unpackedMb) * 1e6) - 1)).toBeLessThan(1 / 6);
  });

  test('brings no dev dependency', async () => {
    const dev = z
      .object({ devDependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync('package.json', 'utf8'))).devDependencies;
    const own = [
      'asterisk-manager',
      'express',
      'fastify',
      ...Object.keys(dev).filter((name) => name.startsWith('@types/')),
    ];
    const brought = Object.keys(dev).filter(
      (name) => !own.includes(name) && existsSync(join(examples, 'node_modules', name)),
    );
    expect(brought).toEqual([]);
  });

  test.each([
    ['publint', ['run', '--strict']],
    // From Node 22.12 on an ES module can be required; the rule is older, and so is what looks for no `exports`.
    ['attw', ['--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm', '--']],
  ])('has nothing that %s finds wrong', async (name, args) => {
    const { stdout } = await finished(join('node_modules/.bin', name), [...args, inject('tarball')]);
    expect(stdout).toContain('pbx-webhooks');
  });
});

describe('installed in an empty folder, it', () => {
  const use = `
    const { EventEmitter } = process.getBuiltinModule('node:events');
    console.log(typeof register, typeof verify, EVENT_TYPES.includes('call.started'));
    register({}, {}).catch((error) => console.log(error.code, error instanceof HostError));`;

  test('is an ES module', async () => {
    const names = 'register, { EVENT_TYPES, HostError, verify }';
    expect(await program('esm.mjs', `import ${names} from 'pbx-webhooks';${use}`)).toBe(
      'function function true\nno_source true\n',
    );
  });

  test('can be required', async () => {
    const names = '{ default: register, EVENT_TYPES, HostError, verify }';
    expect(await program('common.cjs', `const ${names} = require('pbx-webhooks');${use}`)).toBe(
      'function function true\nno_source true\n',
    );
  });

  test('has an entry for receivers that loads nothing of the PBX’s side', async () => {
    const source = `
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
      const { sign, verify } = await import('pbx-webhooks/verify');
      console.log(verify('{"a":1}', sign('{"a":1}', 's3cret'), 's3cret').a);
      console.log(loaded.filter((url) => url.startsWith('file:')).map((url) => url.split('/dist/')[1]).join(' '));`;
    expect(await program('receiver.mjs', source)).toBe(
      '1\nverify.js delivery/signature.js util/error.js util/hmac.js\n',
    );
  });

  test('has its manifest and schemas at hand', async () => {
    const files = ['plugin.json', 'plugin.schema.json', 'config.schema.json', 'openapi.json', 'package.json'];
    const source = files.map((file) => `console.log(typeof require('pbx-webhooks/${file}'));`).join('\n');
    expect(await program('files.cjs', source)).toBe('object\n'.repeat(files.length));
  });

  test('has a command that runs', async () => {
    const { stdout } = await run(join(examples, 'node_modules/.bin/pbx-webhooks'), ['--version']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('is installed as docs/quick-start.md says', async () => {
    const commands = new DocCommands();
    const folder = temporaryFolder();
    const prefix = join(folder, 'prefix');
    const env = {
      PATH: `${join(prefix, 'bin')}:${process.env['PATH']}`,
      npm_config_prefix: prefix,
      npm_config_prefer_offline: 'true',
      npm_config_pack_destination: folder,
      // Built it was for the tarball that all these tests are about.
      npm_config_ignore_scripts: 'true',
    };
    await sh(commands.take('docs/quick-start.md', 'npm pack'), { cwd: '.', env });
    await sh(commands.take('docs/quick-start.md', 'npm install --global'), { cwd: folder, env });
    const version = await sh(commands.take('docs/quick-start.md', 'pbx-webhooks --version'), {
      cwd: folder,
      env,
    });
    expect(version).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  const typed = `
    export async function begin(host: PbxHost): Promise<string> {
      const plugin = await register(host);
      const id: string = await plugin.publish('user.event', { name: 'x' });
      // @ts-expect-error a type that does not exist
      const wrong: EventType = 'call.exploded';
      const event: WebhookEvent = verify('', {}, 'secret');
      return event.event_type === 'call.ended' ? String(event.data.duration?.toFixed()) : id + wrong;
    }\n`;
  test.each([
    ['an ES module', 'consumer.mts'],
    ['a CommonJS one', 'consumer.cts'],
  ])('has types for %s', async (_kind, name) => {
    const names = 'register, { type EventType, type PbxHost, verify }';
    const ofReceivers = "import type { WebhookEvent } from 'pbx-webhooks/verify';";
    writeFileSync(join(examples, name), `import ${names} from 'pbx-webhooks';\n${ofReceivers}\n${typed}`);
    const flags = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2024',
      '--skipLibCheck',
      'false',
    ];
    const roots = ['--typeRoots', join(process.cwd(), 'node_modules/@types'), '--types', 'node'];
    const tsc = join(process.cwd(), 'node_modules/.bin/tsc');
    const { stdout } = await run(tsc, [...flags, ...roots, name], { cwd: examples }).catch(
      (error: unknown) => ({
        stdout: String(Reflect.get(Object(error), 'stdout')),
      }),
    );
    expect(stdout).toBe('');
  });
});
