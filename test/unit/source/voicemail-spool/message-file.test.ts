import { describe, expect, it } from 'vitest';
import { parseMessageFile } from '../../../../src/source/voicemail-spool/message-file.ts';

const text = (callerId: string): string =>
  `;\n; Message Information file\n;\n[message]\ncallerid=${callerId}\norigtime=1795636175\nmsg_id=1795636175-00000008\n` +
  'flag=\nduration=12\n';

describe('the text of a message', () => {
  it('tells its id, caller, length and time', () => {
    expect(parseMessageFile(text('"Carol Clark" <1003>'))).toEqual({
      id: '1795636175-00000008',
      callerNumber: '1003',
      callerName: 'Carol Clark',
      duration: 12,
      receivedAt: 1_795_636_175_000_000,
      isWhole: true,
    });
  });

  it.each([
    ['"Carol Clark" <1003>', '1003', 'Carol Clark'],
    ['"Smith, John "JJ" <x>" <+4930123>', '+4930123', 'Smith, John "JJ" <x>'],
    ['"a = b" <1003>', '1003', 'a = b'],
    ['1003', '1003', undefined],
    ['<1003>', '1003', undefined],
    ['Unknown', undefined, undefined],
    ['', undefined, undefined],
  ])('reads the caller %s', (callerId, callerNumber, callerName) => {
    expect(parseMessageFile(text(callerId))).toMatchObject({ callerNumber, callerName });
  });

  it('is not whole until its length is written', () => {
    const whole = text('1003');
    for (let length = 0; length < whole.length; length += 1) {
      expect(parseMessageFile(whole.slice(0, length)).isWhole, whole.slice(0, length)).toBe(false);
    }
  });

  it('that is no text of a message tells nothing', () => {
    expect(parseMessageFile('\0\0=\n=\nduration=-1\norigtime=soon\n')).toEqual({
      id: undefined,
      callerNumber: undefined,
      callerName: undefined,
      duration: undefined,
      receivedAt: undefined,
      isWhole: false,
    });
  });
});
