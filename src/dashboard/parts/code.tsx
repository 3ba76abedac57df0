import { useMemo, useState } from 'preact/hooks';
import { firstLines, jsonTokens, prettyJson } from '../format/json.ts';
import { count } from '../format/number.ts';
import { CopyButton } from './copy.tsx';
import { Card } from './page.tsx';

/** As much as is shown before someone asks for all of it. */
const SHOWN_LINES = 30;
const SHOWN_CHARACTERS = 4_000;

interface CodeProps {
  /** What it is, such as `Request body`. */
  readonly label: string;
  readonly text: string;
}

/** Text from outside, indented and coloured where it is JSON, cut where it is long. */
export function Code({ label, text }: CodeProps) {
  return (
    <div class="code">
      <div class="code-head">
        <span class="small muted">{label}</span>
        <CopyButton text={text} what={label.toLowerCase()} />
      </div>
      <CodeText text={text} />
    </div>
  );
}

/** A part of a page that is nothing but a value. */
export function JsonCard({ title, value }: { readonly title: string; readonly value: unknown }) {
  const text = JSON.stringify(value, undefined, 2);
  return (
    <Card title={title} actions={<CopyButton text={text} what={title.toLowerCase()} />}>
      <div class="code">
        <CodeText text={text} />
      </div>
    </Card>
  );
}

function CodeText({ text }: { readonly text: string }) {
  const [all, setAll] = useState(false);
  const pretty = useMemo(() => prettyJson(text), [text]);
  const whole = pretty ?? text;
  const { head, lines } = useMemo(() => firstLines(whole, SHOWN_LINES), [whole]);
  const short = head.slice(0, SHOWN_CHARACTERS);
  const isCut = short.length < whole.length;
  const shown = all ? whole : short;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <pre class="code-text" tabIndex={0}>
        {pretty === undefined ? shown : <Json text={shown} />}
        {isCut && !all && '\n…'}
      </pre>
      {isCut && (
        <button type="button" class="code-more" onClick={() => setAll(!all)}>
          {all
            ? 'Show less'
            : `Show all (${lines > 1 ? `${count(lines)} lines` : `${count(whole.length)} characters`})`}
        </button>
      )}
    </>
  );
}

function Json({ text }: { readonly text: string }) {
  return jsonTokens(text).map(({ kind, text: part }, index) =>
    kind === 'plain' ? (
      part
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text keep their places
      <span key={index} class={`code-${kind}`}>
        {part}
      </span>
    ),
  );
}
