import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli, runCli, temporaryFolder, writeConfig } from '../../support/cli.ts';

describe('pbx-webhooks', () => {
  test('tells its version', async () => {
    expect(await cli(['--version'])).toEqual({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      err: '',
    });
  });

  test('lists its commands', async () => {
    const { code, out } = await cli(['--help']);
    expect(code).toBe(0);
    for (const command of ['start', 'check-config', 'listen', 'events'])
      expect(out).toContain(`\n  ${command} `);
  });

  test.each([
    [['strat'], /unknown command 'strat'[\s\S]*Did you mean start/],
    [['start', '--confg', 'x'], /unknown option '--confg'[\s\S]*Did you mean --config/],
    [['start', 'config.yml'], /too many arguments/],
    [['listen', '--port', '99999'], /has to be a number from 0 to 65535/],
    [['events', 'replay-ami'], /missing required argument 'file'/],
    [[], /Usage: pbx-webhooks/],
  ])('%j is a usage error: 64', async (args, message) => {
    const { code, out, err } = await cli(args);
    expect([code, out]).toEqual([64, '']);
    expect(err).toMatch(message);
    expect(err).not.toContain('    at ');
  });
});

describe('check-config', () => {
  test('says OK and what the file does, without its secrets', async () => {
    const file = writeConfig(temporaryFolder(), {
      subscriptions: [
        { url: 'https://crm.example.com/hook?key=hunter2', events: ['call.*'], secret: 'hunter2' },
        { url: 'https://b.example.com/', enabled: false },
      ],
      sources: { ami: { host: 'pbx.lan', username: 'u', secret: 'hunter2' } },
    });
    const { code, out, err } = await cli(['check-config', file]);
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n').slice(0, 4)).toEqual([
      `${file}: OK`,
      '  watches main at pbx.lan:5038',
      '  sends   call.* to https://crm.example.com/hook?key=*** (signed)',
      '  sends   * to https://b.example.com/ (unsigned, disabled)',
    ]);
    expect(out).not.toContain('hunter2');
  });

  test('lists all errors and ends with 78', async () => {
    const file = writeConfig(temporaryFolder(), { timeout: 'soon', network: { allow: ['10/8'] } });
    const { code, out, err } = await cli(['check-config', file]);
    expect([code, out]).toEqual([78, '']);
    expect(err.split('\n')).toEqual([
      expect.stringMatching(
        /config\.yml:\d+:\d+: features\.webhooks\.timeout: expected a number, got "soon"$/,
      ),
      expect.stringMatching(
        /config\.yml:\d+:\d+: features\.webhooks\.network\.allow\[0\]: must be a network/,
      ),
    ]);
  });

  test('--json prints the same as data', async () => {
    const folder = temporaryFolder();
    const bad = writeConfig(folder, { timeout: 'soon' });
    const { code, out } = await cli(['check-config', '--json', bad]);
    expect(code).toBe(78);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      issues: [{ file: bad, path: 'features.webhooks.timeout', expected: 'a number', got: '"soon"' }],
    });
    const good = await cli(['check-config', '--json', writeConfig(folder, {})]);
    expect([good.code, JSON.parse(good.out)]).toEqual([0, { ok: true, issues: [] }]);
  });

  test('a file that is not there is one line', async () => {
    const file = join(temporaryFolder(), 'none.yml');
    expect(await cli(['check-config', file])).toEqual({
      code: 78,
      out: '',
      err: `${file}: expected a readable file, got no file of that name`,
    });
  });

  test('says that a disabled plugin would start nothing', async () => {
    const file = join(temporaryFolder(), 'config.yml');
    writeFileSync(file, 'features: { webhooks: { enabled: false } }\n');
    const { code, out } = await cli(['check-config', file]);
    expect([code, out]).toEqual([
      0,
      `${file}: OK, but features.webhooks.enabled is false: start would start nothing`,
    ]);
  });

  test('does not mind that nobody reads its output', async () => {
    const file = writeConfig(temporaryFolder(), {});
    const run = runCli(['check-config', file]);
    run.process.stdout?.destroy();
    expect(await run.exit).toBe(0);
    expect(run.errors.all).toEqual([]);
  });
});
