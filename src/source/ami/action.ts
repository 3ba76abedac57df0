import { type AmiAction, type AmiResult, failed } from './connection.ts';

/** What Asterisk reads of one action (manager.h: AST_MAX_MANHEADERS; manager.c: the input buffer of 1,025 bytes). */
const MAX_LINES = 127;
const MAX_LINE_BYTES = 1_000;

/** One AMI action as bytes for the wire; refused where a value would begin another line, or is too long. */
export function serializeAction(action: AmiAction, actionId: string): AmiResult<string> {
  let text = '';
  let lines = 1;
  for (const [key, value] of Object.entries(action)) {
    if (!/^[\w-]+$/.test(key) || key.toLowerCase() === 'actionid') {
      return failed('invalid_action', `AMI action refused: ${JSON.stringify(key)} can't be a header of it`);
    }
    if (hasLineBreak(value)) {
      return failed('invalid_action', `AMI action refused: the value of ${key} holds a line break or NUL`);
    }
    const line = `${key}: ${value}\r\n`;
    lines += 1;
    if (Buffer.byteLength(line) > MAX_LINE_BYTES || lines > MAX_LINES) {
      return failed('invalid_action', `AMI action refused: ${key} makes it longer than Asterisk reads`);
    }
    text += key === 'Action' ? `${line}ActionID: ${actionId}\r\n` : line;
  }
  return { ok: true, value: `${text}\r\n` };
}

function hasLineBreak(value: string): boolean {
  return value.includes('\r') || value.includes('\n') || value.includes('\0');
}
