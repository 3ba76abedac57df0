import { PAGERDUTY_KEY_HEADER } from '../../model/subscription.ts';
import { factsOf } from './facts.ts';
import { cut } from './fields.ts';
import { headlineOf, toneOf } from './headline.ts';
import type { Template, TemplateEvent } from './template.ts';

/** PagerDuty, "Send an event": summary 1,024 characters, dedup_key 255, an event 512 KB. */
const SUMMARY = 1_024;
const DEDUP_KEY = 255;
const DETAILS_BYTES = 400_000;

type Severity = 'critical' | 'error' | 'warning' | 'info';

const SEVERITIES: Readonly<Record<string, Severity>> = {
  'pbx.disconnected': 'critical',
  'trunk.unregistered': 'critical',
  'subscription.disabled': 'error',
};

/** Types that open an incident and those that resolve it, by what the incident is about. */
const INCIDENTS: Readonly<
  Record<string, readonly [about: string, key: string, action: 'trigger' | 'resolve']>
> = {
  'pbx.disconnected': ['pbx', 'pbx', 'trigger'],
  'pbx.connected': ['pbx', 'pbx', 'resolve'],
  'trunk.unregistered': ['trunk', 'trunk', 'trigger'],
  'trunk.registered': ['trunk', 'trunk', 'resolve'],
  'extension.unregistered': ['registration', 'extension', 'trigger'],
  'extension.registered': ['registration', 'extension', 'resolve'],
  'extension.unreachable': ['reachability', 'extension', 'trigger'],
  'extension.reachable': ['reachability', 'extension', 'resolve'],
};

/** An event of the Events API v2 (https://developer.pagerduty.com/docs/send-alert-event). */
export const pagerduty: Template = (event, { headers }) => {
  const routingKey = Object.entries(headers).find(
    ([name]) => name.toLowerCase() === PAGERDUTY_KEY_HEADER.toLowerCase(),
  );
  if (routingKey === undefined || routingKey[1] === '') {
    return {
      kind: 'failed',
      reason: `template pagerduty needs the integration key in the header ${PAGERDUTY_KEY_HEADER}`,
    };
  }
  const { fields, type } = event;
  const component = fields.first('trunk', 'queue', 'conference', 'extension', 'to_extension');
  return {
    kind: 'json',
    value: {
      routing_key: routingKey[1],
      ...incidentOf(event),
      client: 'pbx-webhooks',
      payload: {
        summary: cut(headlineOf(event), SUMMARY),
        source: cut(fields.text('pbx') ?? 'pbx-webhooks', 255),
        severity: SEVERITIES[type] ?? (toneOf(type) === 'bad' ? 'warning' : 'info'),
        timestamp: event.timestamp,
        class: type,
        ...(component === undefined ? {} : { component: cut(component, 255) }),
        custom_details: detailsOf(event),
      },
    },
  };
};

function incidentOf({ id, type, fields }: TemplateEvent) {
  const [about, key, action] = INCIDENTS[type] ?? [];
  const subject = key === undefined ? undefined : fields.text(key);
  return about === undefined || subject === undefined
    ? { event_action: 'trigger', dedup_key: cut(id, DEDUP_KEY) }
    : { event_action: action, dedup_key: cut([about, fields.text('pbx'), subject].join(':'), DEDUP_KEY) };
}

function detailsOf({ id, fields }: TemplateEvent): unknown {
  const details = { event_id: id, ...fields.data };
  return Buffer.byteLength(JSON.stringify(details)) <= DETAILS_BYTES
    ? details
    : Object.fromEntries(factsOf(fields).map(([label, value]) => [cut(label, 100), cut(value, 1_000)]));
}
