import { isUnicode, shown, styled, wrapped } from '../terminal.ts';
import type { Finding, Section, Verdict } from './finding.ts';

const MARKS = {
  ok: { unicode: '✓', ascii: '+', style: 'green' },
  warning: { unicode: '!', ascii: '!', style: 'yellow' },
  failed: { unicode: '✗', ascii: 'x', style: 'red' },
  skipped: { unicode: '–', ascii: '-', style: 'dim' },
} as const satisfies Record<Verdict, object>;

const INDENT = 4;

/** For a person: a mark and a sentence for each finding, and below it what to do. */
export function textReport(sections: readonly Section[]): string {
  const blocks = sections.map(({ title, findings }) =>
    [styled('bold', shown(title)), ...findings.map(findingText)].join('\n'),
  );
  return `${blocks.join('\n\n')}\n\n${summary(sections)}`;
}

function findingText(finding: Finding): string {
  const { unicode, ascii, style } = MARKS[finding.verdict];
  const mark = styled(style, isUnicode() ? unicode : ascii);
  const line = `  ${mark} ${wrapped(shown(finding.saw), INDENT)}`;
  if (finding.verdict === 'ok' || finding.fix === undefined) return line;
  return `${line}\n${' '.repeat(INDENT)}${styled('dim', 'do:')} ${wrapped(shown(finding.fix), INDENT + 4)}`;
}

function summary(sections: readonly Section[]): string {
  const { ok, warning, failed, skipped } = counts(sections);
  const parts = [
    `${failed} failed`,
    `${warning} ${warning === 1 ? 'warning' : 'warnings'}`,
    `${ok} ok`,
    ...(skipped === 0 ? [] : [`${skipped} skipped`]),
  ];
  return styled(failed > 0 ? 'red' : warning > 0 ? 'yellow' : 'green', parts.join(', '));
}

export function counts(sections: readonly Section[]): Readonly<Record<Verdict, number>> {
  const found = { ok: 0, warning: 0, failed: 0, skipped: 0 };
  for (const { findings } of sections) for (const { verdict } of findings) found[verdict] += 1;
  return found;
}
