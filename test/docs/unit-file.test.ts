import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../src/cli/exit.ts';

const UNIT = 'deploy/pbx-webhooks.service';
const unit = readFileSync(UNIT, 'utf8');
const settingOf = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1];

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

describe(UNIT, () => {
  test.skipIf(!hasSystemd)('has nothing that systemd finds wrong', () => {
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', UNIT], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  test.skipIf(!hasSystemd)('leaves little open by systemd’s own measure', () => {
    const args = ['security', '--offline=true', UNIT];
    const report = execFileSync('systemd-analyze', args, { encoding: 'utf8' });
    const [, exposure = '10'] = /exposure level for \S+: ([\d.]+)/.exec(report) ?? [];
    expect(Number(exposure)).toBeLessThan(2);
  });

  test('starts what there is, as often as it takes, but not where the configuration is wrong', () => {
    expect(settingOf('ExecStart')).toMatch(/pbx-webhooks start --config \S+\.yml$/);
    expect(settingOf('Restart')).toBe('always');
    expect(settingOf('StartLimitIntervalSec')).toBe('0');
    expect(settingOf('RestartPreventExitStatus')).toBe(`${EXIT.usage} ${EXIT.config}`);
    expect(settingOf('ExecReload')).toMatch(/-HUP \$MAINPID$/);
  });

  test('writes where docs/running.md has the database', () => {
    const folder = `/var/lib/${settingOf('StateDirectory')}`;
    expect(settingOf('WorkingDirectory')).toBe(folder);
    expect(readFileSync('docs/running.md', 'utf8')).toContain(`"sqlite:${folder}/webhooks.db"`);
  });
});
