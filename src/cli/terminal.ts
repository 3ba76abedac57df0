import { styleText } from 'node:util';
import { oneLine } from '../util/one-line.ts';
import { widthOf } from './width.ts';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Coloured where standard output is a terminal that wants it (`NO_COLOR`, `FORCE_COLOR`). */
export function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** Characters that a line holds; undefined where standard output is no terminal, so that nothing is cut or wrapped. */
export function lineWidth(): number | undefined {
  // Some terminals do not know how wide they are.
  return process.stdout.isTTY ? process.stdout.columns || undefined : undefined;
}

/** Whether characters beyond ASCII will show. */
export function isUnicode(environment: NodeJS.ProcessEnv = process.env): boolean {
  if (process.platform === 'win32') return environment['WT_SESSION'] !== undefined;
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || '';
  return /utf-?8/i.test(locale);
}

const ASCII: Readonly<Record<string, string>> = {
  '’': "'",
  '“': '"',
  '”': '"',
  '…': '...',
  '–': '-',
  '·': '-',
  '•': '*',
};

/** Our own text as this terminal can show it, and nothing that steers it. */
export function shown(text: string): string {
  const safe = oneLine(text);
  return isUnicode() ? safe : safe.replace(/[’“”…–·•]/g, (sign) => ASCII[sign] ?? sign);
}

/** Breaks a text between words; each line after the first begins with `indent` blanks, as the first one stands. */
export function wrapped(text: string, indent: number, width = lineWidth()): string {
  if (width === undefined) return text;
  const room = Math.max(20, width - indent);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`);
}
