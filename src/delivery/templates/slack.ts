import { factsOf } from './facts.ts';
import { cut } from './fields.ts';
import { headlineOf } from './headline.ts';
import type { Template } from './template.ts';

/** Slack, Block Kit reference: header text 150 characters, section field 2,000, context text 3,000. */
const HEADER = 150;
const FIELD = 2_000;
const CONTEXT = 3_000;
/** Slack, "Text truncation": keep `text` below 4,000. */
const TEXT = 4_000;

/** An incoming webhook's message (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). */
export const slack: Template = (event) => {
  const headline = headlineOf(event);
  const fields = factsOf(event.fields).map(([label, value]) => ({
    type: 'mrkdwn',
    text: cut(`*${escaped(cut(label, 100))}*\n${escaped(cut(value, 300))}`, FIELD),
  }));
  return {
    kind: 'json',
    value: {
      text: cut(escaped(headline), TEXT),
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: cut(headline, HEADER), emoji: false } },
        ...(fields.length > 0 ? [{ type: 'section', fields }] : []),
        {
          type: 'context',
          elements: [
            { type: 'mrkdwn', text: cut(`${escaped(event.type)} · ${escaped(event.timestamp)}`, CONTEXT) },
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
