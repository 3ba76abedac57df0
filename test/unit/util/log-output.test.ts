import { describe, expect, test } from 'vitest';
import { createLogger } from '../../../src/util/log-output.ts';

function captured() {
  const lines: string[] = [];
  return {
    lines,
    output: { write: (line: string) => void lines.push(line), flush: () => Promise.resolve() },
  };
}

describe('createLogger', () => {
  test('writes the guide’s line format as text', () => {
    const { lines, output } = captured();
    const log = createLogger({ format: 'text', output });
    log.info('Webhook delivered: call.started -> https://your-server.com/webhook (status: 200)');
    log.warn('slow');
    log.error('gone');
    const time = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/;
    expect(lines.map((line) => line.replace(time, 'TIME'))).toEqual([
      'TIME - PBX - INFO - Webhook delivered: call.started -> https://your-server.com/webhook (status: 200)\n',
      'TIME - PBX - WARNING - slow\n',
      'TIME - PBX - ERROR - gone\n',
    ]);
  });

  test('writes one JSON object a line, with level and UTC time', () => {
    const { lines, output } = captured();
    createLogger({ format: 'json', output }).warn('a\nb');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      name: 'pbx-webhooks',
      msg: 'a\nb',
    });
  });

  test.each(['json', 'text'] as const)('leaves out what is below its level (%s)', (format) => {
    const { lines, output } = captured();
    const log = createLogger({ level: 'warn', format, output });
    log.debug('no');
    log.info('no');
    log.warn('yes');
    log.error('yes');
    expect(lines).toHaveLength(2);
  });

  test('keeps a line of text one line, whatever a caller’s name contains', () => {
    const { lines, output } = captured();
    createLogger({ format: 'text', output }).info(
      'Bob\r\n2025-12-07 12:00:00 - PBX - INFO - forged\u2028\u001b[2J',
    );
    expect(lines[0]?.match(/\p{Cc}|\p{Zl}/gu)).toEqual(['\n']);
    expect(lines[0]).toContain('Bob\\x0d\\x0a2025');
  });
});
