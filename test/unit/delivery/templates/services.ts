/** What each service documents of its messages, as schemas: limits and all. Strict where it refuses other keys. */
import { z } from 'zod';
import type { TemplateName } from '../../../../src/model/subscription-options.ts';

const short = (max: number) => z.string().min(1).max(max);
const time = z.iso.datetime();

/** Slack's control characters stand in entities alone, each of them whole. */
const slackEscaped = (max: number) =>
  short(max).refine((text) => !/[<>]|&(?!amp;|lt;|gt;)/.test(text), 'control characters of mrkdwn');
/** https://docs.slack.dev/reference/block-kit/blocks and .../composition-objects/text-object */
const slackText = (max: number) =>
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('plain_text'), text: short(max), emoji: z.boolean().optional() }),
    z.strictObject({ type: z.literal('mrkdwn'), text: slackEscaped(max) }),
  ]);
const slack = z.strictObject({
  text: slackEscaped(4_000),
  blocks: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({
          type: z.literal('header'),
          text: z.strictObject({
            type: z.literal('plain_text'),
            text: short(150),
            emoji: z.boolean().optional(),
          }),
        }),
        z.strictObject({
          type: z.literal('section'),
          text: slackText(3_000).optional(),
          fields: z.array(slackText(2_000)).min(1).max(10).optional(),
        }),
        z.strictObject({ type: z.literal('context'), elements: z.array(slackText(3_000)).min(1).max(10) }),
      ]),
    )
    .min(1)
    .max(50),
});

/** https://adaptivecards.io/explorer, and the envelope of https://learn.microsoft.com/connectors/teams */
const textBlock = z.strictObject({
  type: z.literal('TextBlock'),
  text: short(1_000),
  size: z.enum(['Default', 'Small', 'Medium', 'Large', 'ExtraLarge']).optional(),
  weight: z.enum(['Default', 'Lighter', 'Bolder']).optional(),
  color: z.enum(['Default', 'Dark', 'Light', 'Accent', 'Good', 'Warning', 'Attention']).optional(),
  isSubtle: z.boolean().optional(),
  wrap: z.boolean().optional(),
});
const factSet = z.strictObject({
  type: z.literal('FactSet'),
  facts: z.array(z.strictObject({ title: z.string().min(1), value: z.string().min(1) })).min(1),
});
const teams = z.strictObject({
  type: z.literal('message'),
  attachments: z
    .array(
      z.strictObject({
        contentType: z.literal('application/vnd.microsoft.card.adaptive'),
        contentUrl: z.null(),
        content: z.strictObject({
          $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
          type: z.literal('AdaptiveCard'),
          version: z.literal('1.4'),
          body: z.array(z.discriminatedUnion('type', [textBlock, factSet])).min(1),
        }),
      }),
    )
    .length(1),
});

/** https://discord.com/developers/docs/resources/message#embed-object-embed-limits */
const markdown = (max: number) =>
  short(max).refine((text) => /^(?:[^\\*_~`|>[\]#]|\\[\\*_~`|>[\]#])*$/.test(text), 'marks of Markdown');
const embed = z.strictObject({
  title: markdown(256),
  description: short(4_096).optional(),
  color: z.int().min(0).max(0xff_ff_ff),
  timestamp: time,
  fields: z
    .array(z.strictObject({ name: markdown(256), value: markdown(1_024), inline: z.boolean() }))
    .max(25),
  footer: z.strictObject({ text: short(2_048) }),
});
const discord = z.strictObject({
  content: short(2_000).optional(),
  embeds: z
    .array(embed)
    .min(1)
    .max(10)
    .refine(
      (embeds) =>
        embeds
          .flatMap(({ title, footer, fields }) => [
            title,
            footer.text,
            ...fields.flatMap((f) => [f.name, f.value]),
          ])
          .join('').length <= 6_000,
      'more than 6,000 characters in all',
    ),
  allowed_mentions: z.strictObject({ parse: z.array(z.never()) }),
});

/** https://developers.hubspot.com/docs/guides/api/crm/engagements/calls */
const hubspot = z.strictObject({
  properties: z.strictObject({
    hs_timestamp: z.iso.datetime({ precision: 3 }),
    hs_call_title: short(65_536),
    hs_call_body: short(65_536),
    hs_call_status: z
      .enum([
        'BUSY',
        'CALLING_CRM_USER',
        'CANCELED',
        'COMPLETED',
        'CONNECTING',
        'FAILED',
        'IN_PROGRESS',
        'NO_ANSWER',
        'QUEUED',
        'RINGING',
      ])
      .optional(),
    hs_call_direction: z.enum(['INBOUND', 'OUTBOUND']).optional(),
    hs_call_from_number: short(65_536).optional(),
    hs_call_to_number: short(65_536).optional(),
    hs_call_duration: z.stringFormat('milliseconds', /^\d+$/).optional(),
  }),
});

/** https://help.zapier.com, "Trigger Zaps from webhooks": one object is one event; nested values are no plain fields. */
const zapier = z
  .looseObject({ id: short(200), event_type: short(100), occurred_at: time, summary: short(100_000) })
  .and(z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])));

/** https://developer.pagerduty.com/docs/send-alert-event */
const pagerduty = z.strictObject({
  routing_key: z.string().length(32),
  event_action: z.enum(['trigger', 'acknowledge', 'resolve']),
  dedup_key: short(255),
  client: z.string().optional(),
  payload: z.strictObject({
    summary: short(1_024),
    source: short(255),
    severity: z.enum(['critical', 'error', 'warning', 'info']),
    timestamp: time,
    component: z.string().optional(),
    group: z.string().optional(),
    class: z.string().optional(),
    custom_details: z.record(z.string(), z.unknown()),
  }),
});

const nullable = z.string().min(1).nullable();
const genericCrm = z.strictObject({
  event_id: short(200),
  event_type: short(100),
  occurred_at: time,
  call_id: nullable,
  subject: short(255),
  note: z.string().max(10_000),
  direction: z.enum(['internal', 'inbound', 'outbound']).nullable(),
  from_number: nullable,
  to_number: nullable,
  contact_name: z.string().min(1),
  agent: nullable,
  queue: nullable,
  status: nullable,
  started_at: nullable,
  answered_at: nullable,
  ended_at: nullable,
  duration_seconds: z.number().nullable(),
  talk_seconds: z.number().nullable(),
  wait_seconds: z.number().nullable(),
  recording: nullable,
});

/** https://docs.ntfy.sh/publish/: 4,096 bytes of text; what is not ASCII in a header stands there as RFC 2047 has it. */
export const ntfyMessage = z.string().refine((text) => text !== '' && Buffer.byteLength(text) <= 4_096);
export const ntfyHeaders = z.strictObject({
  Title: z.string().regex(/^[\x20-\x7e]+$/),
  Priority: z.enum(['1', '2', '3', '4', '5']),
  Tags: z.string().regex(/^[a-z0-9_,]+$/),
});

/** Of those whose body is JSON, and the bytes that a message may have. */
export const SERVICES: Readonly<
  Record<Exclude<TemplateName, 'ntfy'>, { readonly schema: z.ZodType; readonly maxBytes: number }>
> = {
  slack: { schema: slack, maxBytes: 100_000 },
  teams: { schema: teams, maxBytes: 28 * 1024 },
  discord: { schema: discord, maxBytes: 100_000 },
  hubspot: { schema: hubspot, maxBytes: 200_000 },
  zapier: { schema: zapier, maxBytes: 10 * 1024 * 1024 },
  pagerduty: { schema: pagerduty, maxBytes: 512 * 1000 },
  'generic-crm': { schema: genericCrm, maxBytes: 200_000 },
};
