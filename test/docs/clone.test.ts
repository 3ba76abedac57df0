import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cloneInto, shellEnvironment } from '../support/clone.ts';
import { DocCommands, type ShellOptions, sh } from '../support/doc-commands.ts';

/** Installing, on a machine that does much else meanwhile. */
vi.setConfig({ testTimeout: 10 * 60_000, hookTimeout: 10 * 60_000 });

const commands = new DocCommands();
const folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-clone-'));
const env = { ...shellEnvironment(), npm_config_prefer_offline: 'true', TMPDIR: folder };

function run(command: string, instead: ShellOptions['instead'] = {}): Promise<string> {
  return sh(command, { cwd: join(folder, 'clone'), env, instead });
}

beforeAll(async () => {
  cloneInto(join(folder, 'clone'));
  const [install, same] = ['CONTRIBUTING.md', 'docs/quick-start.md'].map((file) =>
    commands.take(file, 'npm ci'),
  );
  expect(same).toBe(install);
  await run(install ?? '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

test('a clone is installed and checked as CONTRIBUTING.md says', async () => {
  expect(await run(commands.take('CONTRIBUTING.md', 'npm run check'))).toContain('No fixes applied');
  expect(await run(commands.take('CONTRIBUTING.md', 'npm run typecheck'))).not.toContain('error');
});

// Of what each of these runs, a part.
test('a part of the tests runs as CONTRIBUTING.md says', async () => {
  const take = (begin: string) => commands.take('CONTRIBUTING.md', begin);
  const parts = [
    await run(take('npx vitest run --project unit test/unit/telephony'), { telephony: 'telephony/queues' }),
    await run(`${take('npx vitest run --project unit')} test/unit/util/clock`),
    await run(`${take('npx vitest run --project scenario')} -t 22/02a_internal_caller_hangs`),
  ];
  for (const printed of parts) expect(printed).toMatch(/Tests .*[1-9]\d* passed/);
});

test('the bench measures what docs/performance.md asks of it', async () => {
  const take = (begin: string) => commands.take('docs/performance.md', begin);
  const some = await run(`${take('npm run bench -- --only')} --scale 0.001`);
  expect(some).toContain('BullMQ');
  const tenth = await run(`${take('npm run bench -- --scale')} --rounds 1 --only calls`);
  expect(tenth).toContain('"ratio"');
  // All rows take eight minutes.
  const all = await run(`${take('npm run bench')} -- --rounds 1 --only ami --scale 0.1`);
  expect(all).toContain('AMI packets');
});

test('a clone shows the demo, as README.md and docs/quick-start.md say', async () => {
  expect(await run(`${commands.take('README.md', 'npm ci && npm run demo')} -- --seconds 8`)).toContain(
    'call.ended',
  );
  expect(await run(commands.take('docs/quick-start.md', 'npm run demo'), { 20: 8 })).toContain('call.ended');
});

test('a clone installs and passes its tests, as README.md says', async () => {
  // Of all tests a few: this one is among them.
  const cwd = join(folder, 'clone');
  const others = globSync('test/**/*.test.ts', { cwd, exclude: ['test/unit/util/**'] });
  for (const path of others) rmSync(join(cwd, path));
  expect(await run(commands.take('README.md', 'npm cit'))).toMatch(/Tests .*[1-9]\d* passed/);
});
