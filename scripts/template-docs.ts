import { bodyOf, type Content } from '../src/delivery/body.ts';
import { eventTypeEntry } from '../src/model/event-types.ts';
import { PAGERDUTY_KEY_HEADER } from '../src/model/subscription.ts';
import { TEMPLATE_NAMES, type TemplateName } from '../src/model/subscription-options.ts';
import { PARTY_KEYS } from '../src/subscription/filter.ts';
import { micro } from '../src/util/clock.ts';
import { Expressions } from '../src/util/expression/expressions.ts';

/** Text and sample of one service. */
interface Service {
  readonly title: string;
  readonly about: string;
  readonly config: string;
  /** The type whose sample is shown. */
  readonly sample: string;
}

const SERVICES: Readonly<Record<TemplateName, Service>> = {
  slack: {
    title: 'Slack',
    about:
      'For an [incoming webhook](https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks): a headline, up to ten ' +
      'fields, type and time. `text` is what notifications show. A name can’t call a channel: `<`, `>` and `&` are escaped.',
    config:
      'url: "https://hooks.slack.com/services/T000/B000/XXXX"\nevents: ["call.missed", "voicemail.new"]\ntemplate: slack',
    sample: 'call.missed',
  },
  teams: {
    title: 'Microsoft Teams',
    about:
      'For the workflow “Post to a channel when a webhook request is received”: a message with one Adaptive Card (1.4), below the ' +
      '28 KB that Teams takes.',
    config:
      'url: "https://prod-00.westeurope.logic.azure.com/workflows/…"\nevents: ["queue.call_abandoned"]\ntemplate: teams',
    sample: 'queue.call_abandoned',
  },
  discord: {
    title: 'Discord',
    about:
      'For a channel’s webhook: one embed within Discord’s limits. Nobody is mentioned, whatever a caller’s name says.',
    config: 'url: "https://discord.com/api/webhooks/ID/TOKEN"\nevents: ["voicemail.new"]\ntemplate: discord',
    sample: 'voicemail.new',
  },
  hubspot: {
    title: 'HubSpot',
    about:
      'For `POST /crm/v3/objects/calls`: one call object for each event, so subscribe to few types; `call.ended` is the one that has ' +
      'everything. Events that are no calls become one as well, with headline and details. Needs a private app’s token with ' +
      '`crm.objects.contacts.write`.',
    config: `url: "https://api.hubapi.com/crm/v3/objects/calls"\nevents: ["call.ended"]\ntemplate: hubspot\nheaders: { Authorization: "Bearer \${HUBSPOT_TOKEN}" }`,
    sample: 'call.ended',
  },
  zapier: {
    title: 'Zapier',
    about:
      'For the trigger “Catch Hook”: all that the event tells, in one level, so that each value is a field of its own; ' +
      'what lies deeper than six levels is one text, of JSON. `id` tells repetitions apart, `summary` is a sentence. Make and n8n take it as well.',
    config: 'url: "https://hooks.zapier.com/hooks/catch/000/xxx/"\nevents: ["call.ended"]\ntemplate: zapier',
    sample: 'call.ended',
  },
  pagerduty: {
    title: 'PagerDuty',
    about:
      `For the Events API v2. The service’s integration key stands in the header \`${PAGERDUTY_KEY_HEADER}\` (headers are never shown ` +
      'again) and becomes `routing_key`. `trunk.registered`, `pbx.connected`, `extension.registered` and `extension.reachable` resolve ' +
      'the incident that their opposite opened; any other event opens one of its own.',
    config: `url: "https://events.pagerduty.com/v2/enqueue"\nevents: ["trunk.*", "pbx.*"]\ntemplate: pagerduty\nheaders: { ${PAGERDUTY_KEY_HEADER}: "\${PAGERDUTY_KEY}" }`,
    sample: 'trunk.unregistered',
  },
  ntfy: {
    title: 'ntfy',
    about:
      'A message to the topic that the URL names: the body is its text, the headers `Title`, `Priority` and `Tags` do the rest.',
    config: 'url: "https://ntfy.sh/my-pbx"\nevents: ["call.missed"]\ntemplate: ntfy',
    sample: 'call.missed',
  },
  'generic-crm': {
    title: 'Any CRM',
    about:
      'The same flat keys for every event, `null` where there is nothing to tell: fields are mapped once.',
    config: 'url: "https://crm.example.com/hook"\nevents: ["call.ended"]\ntemplate: generic-crm',
    sample: 'call.ended',
  },
};

/** `docs/templates.md` */
export function templateDocs(): string {
  return [INTRODUCTION, FILTER, FORMATS, TRANSFORM, TEMPLATES, ...TEMPLATE_NAMES.map(section)]
    .join('\n\n')
    .concat('\n');
}

const INTRODUCTION = `# Which events, and in what shape

Made from the source by \`npm run generate\`. All of this stands in a subscription, in the config file and in the API alike.`;

const FILTER = `## Filter

\`\`\`yaml
filter:
  extensions: ["1001", "10*"]     # any party of the event; a trailing * stands for any end
  direction: ["inbound"]          # internal | inbound | outbound
  queues: ["support"]
  where: "data.duration > 30"     # JSONata over the whole event
\`\`\`

All that is named must hold; what an event does not have (a queue, a direction) does not hold. **An event that the filter does not
want makes no delivery.** What counts as a party: ${PARTY_KEYS.map((key) => `\`${key}\``).join(', ')}.

\`where\` is [JSONata 2](https://docs.jsonata.org) and gives true or false; nothing (a missing field) is false. It is asked once, when
the event is published. It may take 50 ms and nest 500 steps deep. When it fails, takes longer or gives something else, nothing is
sent: the delivery is a dead letter at once, and its attempt says why (code \`filter\`). An expression that was too slow three times in
a row is not tried again for 10 seconds, and fails meanwhile. In the long run slow expressions share 200 ms of
every second; bursts of 300 ms each pass, and 1 ms for each KiB of the event is free. One that took more fails until there is time
again, and the attempt says so. Sending a dead letter again sends it, whatever the filter says.
Bad syntax is refused when the subscription is saved, with the position.`;

const FORMATS = `## Format and batch

| | one event | with \`batch\` |
|---|---|---|
| \`format: pbx\` (default) | the envelope of [events.md](events.md) | \`{ "batch_id", "count", "events": [ … ] }\`, \`X-Webhook-Event: batch\`, \`X-Webhook-ID\` is the batch’s |
| \`format: cloudevents\` | [CloudEvents 1.0](https://cloudevents.io), structured: \`application/cloudevents+json\` | \`application/cloudevents-batch+json\` |

A CloudEvent:

${json(sampleOf({ format: 'cloudevents' }, 'call.answered').body)}

Signatures are made over the bytes that are sent, whatever their shape.`;

const TRANSFORM = `## Transform

\`transform\` is JSONata over the event (with \`batch\`: over the batch); its result is the body. A text is sent as \`text/plain\`, all else as
JSON; a \`Content-Type\` in \`headers\` says otherwise. It may take 50 ms, nest 500 steps deep and give 1 MiB. When it fails, takes longer
or gives nothing, no attempt after this one is made: the delivery is a dead letter, and its attempt says why (code \`content\`).
That is no failure of the receiver: other events go on to it. Slow transforms share 200 ms of every second of a sender thread, as
those of \`where\` do of the thread that publishes. The parts of an array or object are evaluated one after the other: a variable that one
of them assigns has its new value in the next.

\`$now()\` and \`$millis()\` tell when the attempt began, so that [what an attempt sent](api.md#show-what-an-attempt-sent) can be shown as it was; of
\`$random()\` and \`$shuffle()\` another draw is shown, with a note that says so.

With \`batch\`, one event that it fails for makes a dead letter of each event of that batch. A receiver that verifies a text body with
the npm package \`standardwebhooks\` gets a SyntaxError: that package reads as JSON what it has verified; \`svix\` does not.

\`\`\`yaml
transform: '{ "text": "Call from " & data.from_extension, "seconds": data.duration }'
\`\`\``;

const TEMPLATES = `## Templates

A template makes what a service documents, within its limits, of every event type. What an event does not tell is left out, or
\`Unknown caller\`. A subscription’s \`secret\` signs these too; the services don’t look at it. Texts that are too long end in \`…\`.`;

function section(name: TemplateName): string {
  const { title, about, config, sample } = SERVICES[name];
  const { body, headers } = sampleOf({ template: name }, sample);
  const shown = name === 'ntfy' ? `\`\`\`\n${headerLines(headers)}\n${body}\n\`\`\`` : json(body);
  return `### ${title}\n\n${about}\n\n\`\`\`yaml\n${config}\n\`\`\`\n\n\`${sample}\` becomes\n\n${shown}`;
}

function sampleOf(shape: Partial<Content>, type: string) {
  const headers = { [PAGERDUTY_KEY_HEADER]: '<your integration key>' };
  const id = `${type}-1765108800123`;
  const data = JSON.stringify(eventTypeEntry(type)?.sample);
  const event = { id, type, occurredAt: micro(1_765_108_800_123_456), data };
  const body = bodyOf({ format: 'pbx', batch: false, headers, ...shape }, [event], new Expressions());
  if (body.kind === 'failed') throw new Error(`no sample of ${type}: ${body.reason}`);
  return body;
}

function json(body: string): string {
  return `\`\`\`json\n${JSON.stringify(JSON.parse(body), null, 2)}\n\`\`\``;
}

function headerLines(headers: Readonly<Record<string, string>> = {}): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}
