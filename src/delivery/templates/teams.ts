import { factsOf } from './facts.ts';
import { cut } from './fields.ts';
import { headlineOf, type Tone, toneOf } from './headline.ts';
import type { Template } from './template.ts';

/** Microsoft, "Create Incoming Webhooks": a message may have 28 KB. These keep it below 10. */
const HEADLINE = 500;
const FACT = 300;

/** Adaptive Cards, TextBlock.color. */
const COLORS: Readonly<Record<Tone, string>> = { good: 'Good', bad: 'Attention', neutral: 'Default' };

/**
 * An Adaptive Card for the workflow "Post to a channel when a webhook request is received"
 * (https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook).
 */
export const teams: Template = (event) => {
  const facts = factsOf(event.fields).map(([title, value]) => ({
    title: plain(cut(title, 100)),
    value: plain(cut(value, FACT)),
  }));
  const card = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      {
        type: 'TextBlock',
        text: plain(cut(headlineOf(event), HEADLINE)),
        size: 'Medium',
        weight: 'Bolder',
        color: COLORS[toneOf(event.type)],
        wrap: true,
      },
      ...(facts.length > 0 ? [{ type: 'FactSet', facts }] : []),
      {
        type: 'TextBlock',
        text: plain(`${event.type} · ${event.timestamp}`),
        size: 'Small',
        isSubtle: true,
        wrap: true,
      },
    ],
  };
  const attachment = {
    contentType: 'application/vnd.microsoft.card.adaptive',
    contentUrl: null,
    content: card,
  };
  return { kind: 'json', value: { type: 'message', attachments: [attachment] } };
};

/** A card's texts are Markdown without a way to escape it: at least no name becomes a link. */
function plain(text: string): string {
  return text.replaceAll('[', '(').replaceAll(']', ')');
}
