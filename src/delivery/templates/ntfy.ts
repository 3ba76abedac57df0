import { factsOf } from './facts.ts';
import { cut, cutBytes } from './fields.ts';
import { headlineOf, type Tone, toneOf } from './headline.ts';
import type { Template } from './template.ts';

/** ntfy, "Limitations": a message of more than 4,096 bytes becomes an attachment. */
const MESSAGE_BYTES = 4_096;
const TITLE = 150;

/** ntfy, "Message priority" (3 is the default) and "Tags & emojis". */
const PRIORITIES: Readonly<Record<Tone, string>> = { good: '3', bad: '4', neutral: '3' };
const TAGS: Readonly<Record<Tone, string>> = {
  good: 'white_check_mark',
  bad: 'warning',
  neutral: 'telephone_receiver',
};

/** A message to the topic that the URL names (https://docs.ntfy.sh/publish/): its text is the body. */
export const ntfy: Template = (event) => {
  const tone = toneOf(event.type);
  const lines = factsOf(event.fields).map(([label, value]) => `${cut(label, 100)}: ${cut(value, 300)}`);
  return {
    kind: 'text',
    text: cutBytes([...lines, `${event.type} · ${event.timestamp}`].join('\n'), MESSAGE_BYTES),
    headers: {
      Title: headerText(cut(headlineOf(event), TITLE)),
      Priority: PRIORITIES[tone],
      Tags: TAGS[tone],
    },
  };
};

/** ntfy takes RFC 2047 for what is not ASCII. */
function headerText(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`;
}
