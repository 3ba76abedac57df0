import { expect, it } from 'vitest';
import { cli, runCli } from '../support/cli.ts';

it('prints verified events of calls and registrations, and ends by itself with a summary', async () => {
  const { code, out, err } = await cli(['demo', '--seconds', '8', '--json']);
  expect(err).toBe('');
  expect(code).toBe(0);
  const lines = out.split('\n').map((line) => JSON.parse(line));
  const summary = lines.at(-1).summary;
  expect(summary.refused).toBe(0);
  expect(Object.keys(summary.types)).toEqual(
    expect.arrayContaining(['call.answered', 'call.ended', 'call.started', 'extension.registered']),
  );
  expect(lines.slice(0, -1).every((line) => line.verdict === 'verified')).toBe(true);
});

it('runs until it is asked to stop, then shows the summary and exits with 0', async () => {
  const { process, output, exit } = runCli(['demo']);
  await output.first((line) => line.includes('extension.registered'));
  process.kill('SIGINT');
  expect(await exit).toBe(0);
  expect(output.all.join('\n')).toContain('0 refused');
});

it('refuses a time that is none', async () => {
  const { code, err } = await cli(['demo', '--seconds', 'soon']);
  expect(code).toBe(64);
  expect(err).toContain('number of seconds');
});
