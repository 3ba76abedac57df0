import { z } from 'zod';
import { callKeys, pbxKeys } from '../../src/model/event-types/define.ts';
import {
  type EventType,
  type EventTypeEntry,
  eventTypeEntry,
  GUIDE_TYPES,
} from '../../src/model/event-types.ts';
import { type EventFamily, FAMILIES } from './families.ts';
import { RULES } from './rules.ts';

/** docs/events.md: families and rules from this folder, all else from the catalogue. */
export function eventDocs(): string {
  return [HEAD, contents(), COMMON, RULES, ...FAMILIES.map(family)].join('\n');
}

const HEAD = `# Events

Made by \`npm run generate\` from the catalogue (\`src/model/event-types\`): do not edit.

A receiver gets a POST with exactly these four keys; all that is particular to a type is in \`data\`:

\`\`\`json
{ "event_id": "call.started-1765108800123", "event_type": "call.started",
  "timestamp": "2025-12-07T12:00:00.123456Z", "data": { "call_id": "1701964800.42", "from_extension": "1001", "to_extension": "1002" } }
\`\`\`

\`event_id\` is the same on every retry and replay: treat one that you have seen as done. Types marked ★ are those of the
original guide: their names and the keys that it gives them never change. New types and new keys may come with any version:
pass over what you do not know. A key with a \`?\` is left out where it is not known.
`;

const COMMON = `## Common keys

Of every event that a PBX tells:

${table(pbxKeys)}
Of every event that belongs to a call, also those of its queue, page and conference:

${table(Object.fromEntries(Object.entries(callKeys).filter(([key]) => !(key in pbxKeys))))}`;

function contents(): string {
  const rows = FAMILIES.map(
    ({ title, types }) =>
      `| [${title}](#${anchor(title)}) | ${types.map((type) => `${star(type)}[${type}](#${anchor(type)})`).join(' · ')} |`,
  );
  return `| family | types |\n|---|---|\n${rows.join('\n')}\n`;
}

function family({ title, text, diagram, types }: EventFamily): string {
  const sections = types.map((type) => {
    const entry: EventTypeEntry | undefined = eventTypeEntry(type);
    return entry === undefined ? '' : section(entry);
  });
  return `## ${title}\n\n${text}\n\n\`\`\`mermaid\n${diagram}\n\`\`\`\n\n${sections.join('\n')}`;
}

function section({ name, description, data, sample }: EventTypeEntry): string {
  const { shape } = data;
  const isOfCall = 'call_id' in shape;
  const common: z.ZodRawShape = isOfCall ? callKeys : pbxKeys;
  const own = Object.fromEntries(
    Object.entries(shape).filter(([key, schema]) => schema !== common[key] && key !== 'call_id'),
  );
  const keys = Object.keys(own).length === 0 ? '' : table(own).trimEnd();
  const json = `\`\`\`json\n${shownSample(sample)}\n\`\`\``;
  const parts = [`### ${name}`, `${star(name)}${description}`, commonKeys(shape), keys, json];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Which of the common keys come with it. */
function commonKeys(shape: z.ZodRawShape): string {
  const link = '[common keys](#common-keys)';
  const id = shape['call_id'];
  if (id === callKeys.call_id) return `With the ${link} of its call.`;
  if (id !== undefined) return `With the ${link} of its call, where there is one.`;
  return 'pbx' in shape ? `With the ${link} of a PBX.` : '';
}

function table(shape: z.ZodRawShape): string {
  const { properties = {}, required = [] } = z.toJSONSchema(z.object(shape));
  const rows = Object.entries(properties).map(([key, property]) => {
    const schema = property === true || property === false ? {} : property;
    const name = required.includes(key) ? key : `${key}?`;
    return `| \`${name}\` | ${shownType(schema)} | ${schema.description ?? ''} |`;
  });
  return `| key | type | meaning |\n|---|---|---|\n${rows.join('\n')}\n`;
}

type JsonSchema = z.core.JSONSchema.JSONSchema;

function shownType(schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.format === 'date-time') return 'time';
  if (schema.type === 'array') return 'list of texts';
  if (schema.type === 'object') return 'texts by name';
  return schema.type === 'string' ? 'text' : String(schema.type);
}

const LINE = 110;

/** As JSON, as many keys on a line as fit. */
function shownSample(sample: object): string {
  const lines = ['{'];
  const pairs = Object.entries(sample).map(([key, value]) => `"${key}": ${JSON.stringify(value)}`);
  for (const [index, pair] of pairs.entries()) {
    const text = index === pairs.length - 1 ? `${pair} }` : `${pair},`;
    const last = lines.at(-1) ?? '';
    if (`${last} ${text}`.length > LINE) lines.push(`  ${text}`);
    else lines[lines.length - 1] = `${last} ${text}`;
  }
  return lines.join('\n');
}

function star(type: string): string {
  return GUIDE_TYPES.some((guide: EventType) => guide === type) ? '★ ' : '';
}

/** As GitHub makes one of a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}
