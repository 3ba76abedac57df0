import { factsOf } from './facts.ts';
import { cut, cutEscaped } from './fields.ts';
import { headlineOf, type Tone, toneOf } from './headline.ts';
import type { Template } from './template.ts';

/** Discord, "Embed Limits": title 256, field name 256 and value 1,024, 25 fields, footer 2,048, 6,000 in all. */
const TITLE = 256;
/** Ten facts of this length stay below 6,000 together, each character escaped. */
const VALUE = 200;
const NAME = 50;

const COLORS: Readonly<Record<Tone, number>> = { good: 0x2e_b6_7d, bad: 0xe0_1e_5a, neutral: 0x36_c5_f0 };

/** An executed webhook with one embed (https://discord.com/developers/docs/resources/webhook#execute-webhook). */
export const discord: Template = (event) => ({
  kind: 'json',
  value: {
    embeds: [
      {
        title: cutEscaped(headlineOf(event), TITLE, escaped),
        color: COLORS[toneOf(event.type)],
        timestamp: event.timestamp,
        fields: factsOf(event.fields).map(([name, value]) => ({
          name: escaped(cut(name, NAME)),
          value: escaped(cut(value, VALUE)),
          inline: true,
        })),
        footer: { text: cut(event.type, 100) },
      },
    ],
    // A caller's name must not call everyone.
    allowed_mentions: { parse: [] },
  },
});

function escaped(text: string): string {
  return text.replace(/[\\*_~`|>[\]#]/g, '\\$&');
}
