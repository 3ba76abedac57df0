import { factsOf } from './facts.ts';
import { cut, cutEscaped } from './fields.ts';
import { headlineOf } from './headline.ts';
import type { Template } from './template.ts';

/** Slack, Block Kit reference: header text 150 characters, context text 3,000. */
const HEADER = 150;
const CONTEXT = 3_000;
/** A section field has 2,000: two texts that escaping may make five times as long. */
const LABEL = 100;
const VALUE = 290;
/** Slack, "Text truncation": keep `text` below 4,000. */
const TEXT = 4_000;

/** An incoming webhook's message (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). */
export const slack: Template = (event) => {
  const headline = headlineOf(event);
  const fields = factsOf(event.fields).map(([label, value]) => ({
    type: 'mrkdwn',
    text: `*${escaped(cut(label, LABEL))}*\n${escaped(cut(value, VALUE))}`,
  }));
  return {
    kind: 'json',
    value: {
      text: cutEscaped(headline, TEXT, escaped),
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: cut(headline, HEADER), emoji: false } },
        ...(fields.length > 0 ? [{ type: 'section', fields }] : []),
        {
          type: 'context',
          elements: [
            { type: 'mrkdwn', text: cutEscaped(`${event.type} · ${event.timestamp}`, CONTEXT, escaped) },
          ],
        },
      ],
    },
  };
};

/** Slack, "Formatting text": these three alone begin anything, `<!channel>` among it. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
