import { Problem } from './problem.ts';

/** Parses JSON; the error tells line and column, and nothing of the text, which may hold a secret. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = syntaxReason(error);
    const offset = syntaxOffset(text, error);
    const before = text.slice(0, offset).split('\n');
    const where = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
    throw new Problem('invalid_json', `The body is not JSON: ${reason} at ${where}`);
  }
}

/** V8 quotes the text after the first comma or double quote. */
function syntaxReason(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  return (
    /^Unexpected (?:token|end)|^[^"]*(?= in JSON at position)/.exec(message)?.[0].toLowerCase() ??
    'syntax error'
  );
}

/**
 * Where the parser stopped. V8 tells a position in all its messages but two: at an unexpected end, which is the
 * end, and at an unexpected token. A parser reads from the left, so a prefix fails in that way exactly when it holds
 * the token: the shortest such prefix ends with it.
 */
function syntaxOffset(text: string, error: unknown): number {
  const message = error instanceof Error ? error.message : '';
  const told = /at position (\d+)/.exec(message)?.[1];
  if (told !== undefined) {
    return Number(told);
  }
  if (!message.startsWith('Unexpected token')) {
    return text.length;
  }
  let good = 0;
  let bad = text.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (hasUnexpectedToken(text.slice(0, middle))) {
      bad = middle;
    } else {
      good = middle;
    }
  }
  return bad - 1;
}

function hasUnexpectedToken(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    return error instanceof Error && error.message.startsWith('Unexpected token');
  }
}
