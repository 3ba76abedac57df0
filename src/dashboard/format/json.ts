type TokenKind = 'plain' | 'key' | 'string' | 'value';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

/** Text that is JSON, indented for people, each of its values as it was sent; undefined when it is none. */
export function prettyJson(text: string): string | undefined {
  return /^\s*[[{]/.test(text) && isJson(text) ? indented(text) : undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const PARTS = /"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s"[\]{}:,]+/g;

/** A body of nothing but brackets would be as long as the square of its depth. */
const DEEPEST = 32;

/** Not by way of values: those have no long numbers, nor a key twice. */
function indented(json: string): string {
  let text = '';
  let depth = 0;
  let before = '';
  for (const [part] of json.matchAll(PARTS)) {
    const isEnd = part === '}' || part === ']';
    const isAfterStart = before === '{' || before === '[';
    if (isEnd) depth -= 1;
    if (isEnd ? !isAfterStart : isAfterStart || before === ',') {
      text += `\n${'  '.repeat(Math.min(depth, DEEPEST))}`;
    }
    text += part === ':' ? ': ' : part;
    if (part === '{' || part === '[') depth += 1;
    before = part;
  }
  return text;
}

const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*|true|false|null)/g;

/** Indented JSON in the pieces that are coloured apart; joined they are the text again. */
export function jsonTokens(json: string): readonly Token[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of json.matchAll(TOKENS)) {
    const [all, quoted, colon = ''] = match;
    tokens.push({ kind: 'plain', text: json.slice(end, match.index) });
    if (quoted === undefined) tokens.push({ kind: 'value', text: all });
    else tokens.push({ kind: colon === '' ? 'string' : 'key', text: quoted }, { kind: 'plain', text: colon });
    end = match.index + all.length;
  }
  tokens.push({ kind: 'plain', text: json.slice(end) });
  return tokens.filter(({ text }) => text !== '');
}

/** The first `most` lines, and how many there are. */
export function firstLines(text: string, most: number): { readonly head: string; readonly lines: number } {
  const lines = text.split('\n');
  return { head: lines.slice(0, most).join('\n'), lines: lines.length };
}
