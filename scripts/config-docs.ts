import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { configSchema } from '../src/config/schema.ts';

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** A mapping of the file, with its path as the file writes it. */
interface Section {
  readonly path: readonly string[];
  readonly schema: JsonSchema;
  readonly about: string;
}

const example = new URL('../config.example.yml', import.meta.url);

/** Of keys that `config.example.yml` can't show beside those that it shows. */
const MORE_EXAMPLES: Readonly<Record<string, unknown>> = {
  'subscriptions[].retry.preset': 'persistent',
  'subscriptions[].retry.schedule': [5, 300, 1_800],
  'sources.ami.tls.ca': '/etc/pbx-webhooks/ami.crt',
  'sources.ami.tls.cert': '/etc/pbx-webhooks/our.pem',
  'sources.ami.tls.key': '/etc/pbx-webhooks/our.key',
  'sources.ami.tls.server_name': 'pbx.lan',
};

/** docs/configuration.md: from the schema that checks a config file, with the examples of `config.example.yml`. */
export function configDocs(): string {
  const root = z.toJSONSchema(configSchema, { io: 'input' });
  const sections = sectionsOf({ path: [], schema: root, about: '' });
  const examples = exampleFile();
  const shown = sections.filter(({ path }) => path.length > 0 && path.join('.') !== 'features');
  return [HEAD, contents(shown), ...shown.map((section) => sectionText(section, examples))].join('\n');
}

const HEAD = `# Configuration

Made by \`npm run generate\` from the schema that checks a config file: do not edit.

One YAML file, \`config.yml\` unless \`--config\` names another. [config.example.yml](../config.example.yml) shows every key in
its place, and an editor completes them with \`config.schema.json\`:

\`\`\`yaml
# yaml-language-server: $schema=./config.schema.json
features:
  webhooks:
    sources: { ami: { host: 127.0.0.1, username: webhooks, secret: "\${AMI_SECRET}" } }
    subscriptions:
      - { url: "https://crm.example.com/hook", events: ["call.*"], secret: "\${CRM_SECRET}" }
\`\`\`

- **Check it** with \`pbx-webhooks check-config config.yml\`: all errors at once, each with file, line, key, what was expected
  and what is there. A key that is not known is an error. A bad file starts nothing: exit code 78.
- **Secrets from the environment**: \`\${NAME}\` stands for the variable, \`\${NAME:-default}\` for the default where it is unset or
  empty. A variable that is not set is an error. Write it in quotes; \`$\${\` is a literal \`\${\`. No secret is ever printed.
- **Relative paths** count from the file.
- **Reload**: SIGHUP (\`systemctl reload\`) or \`POST /api/webhooks/config/reload\` reads the file anew. Subscriptions are
  added, changed and removed without dropping a delivery; those that the API made stay. All other keys count from the next
  start on, and the log says which have changed. A bad file is refused whole, and the old one stays.
- A host that runs the plugin gives what stands under \`features.webhooks\` as its options ([plugin.md](plugin.md)).

Numbers may have decimals unless they are called whole.
`;

/** Of the mapping itself, then of those in it. */
function sectionsOf(section: Section): readonly Section[] {
  const below = Object.entries(propertiesOf(section.schema)).flatMap(([key, property]) => {
    const inner = mappingOf(property);
    if (inner === undefined) return [];
    const path = [...section.path, property.type === 'array' ? `${key}[]` : key];
    return sectionsOf({ path, schema: inner, about: property.description ?? '' });
  });
  return [section, ...below];
}

function propertiesOf(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  const entries = Object.entries(schema.properties ?? {});
  return Object.fromEntries(entries.flatMap(([key, value]) => (isSchema(value) ? [[key, value]] : [])));
}

/** The mapping that a property is, or may be, or has as entries. */
function mappingOf(property: JsonSchema): JsonSchema | undefined {
  const ways = [property, ...(property.anyOf ?? []), property.items].filter(isSchema);
  return ways.find(({ properties }) => properties !== undefined);
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** As it is called beside others: what is under `features.webhooks` without that. */
function nameOf(path: readonly string[]): string {
  const [first, second, ...rest] = path;
  const isShort = first === 'features' && second === 'webhooks' && rest.length > 0;
  return (isShort ? rest : path).join('.');
}

function contents(sections: readonly Section[]): string {
  return `${sections.map(({ path }) => link(nameOf(path))).join(' · ')}\n`;
}

function link(name: string): string {
  return `[\`${name}\`](#${anchor(name)})`;
}

/** As GitHub makes one of a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}

function sectionText({ path, schema, about }: Section, examples: unknown): string {
  const rows = Object.entries(propertiesOf(schema)).map(([key, property]) => {
    const inner = mappingOf(property);
    const own = [...path, property.type === 'array' && inner !== undefined ? `${key}[]` : key];
    const { meaning, otherwise } = described(property);
    const required =
      schema.required?.includes(key) === true
        ? '**required**'
        : (otherwise ?? (inner === undefined ? 'none' : ''));
    const shown = inner === undefined ? code(exampleOf(own, examples)) : '';
    const name = inner === undefined ? `\`${key}\`` : `[\`${key}\`](#${anchor(nameOf(own))})`;
    return `| ${name} | ${typeOf(property)} | ${required} | ${escaped(meaning)} | ${shown} |`;
  });
  const head = '| key | type and unit | default | meaning | example |\n|---|---|---|---|---|';
  const intro = about === '' ? '' : `${about}\n\n`;
  return `## ${nameOf(path)}\n\n${intro}${head}\n${rows.join('\n')}\n`;
}

/** A description ends with the default where the schema has none of its own. */
function described(property: JsonSchema): {
  readonly meaning: string;
  readonly otherwise?: string | undefined;
} {
  const text = property.description ?? '';
  const [, meaning, told] = /^(.*?) ?Default: (.+)\.$/s.exec(text) ?? [];
  if (meaning !== undefined && told !== undefined) return { meaning, otherwise: escaped(told) };
  const { default: value } = property;
  if (value === undefined || (isSchema(value) && mappingOf(property) !== undefined)) return { meaning: text };
  return { meaning: text, otherwise: isEmpty(value) ? 'none' : code(value) };
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function typeOf(property: JsonSchema): string {
  if (property.const !== undefined) return code(property.const);
  if (property.enum !== undefined) return property.enum.map(code).join(', ');
  if (property.anyOf !== undefined) {
    const ways = property.anyOf.filter(isSchema);
    return ways.some(({ type }) => type === 'array') ? 'one, or a list' : 'true, false, or keys';
  }
  switch (property.type) {
    case 'integer':
    case 'number':
      return numberOf(property);
    case 'array': {
      const { items, description } = property;
      const of = isSchema(items) ? typeOf({ ...items, ...(description && { description }) }) : '';
      return of === 'keys' ? 'list of mappings' : `list of ${of.replace(/^(text|number)\b/, '$1s')}`;
    }
    case 'object':
      return property.properties === undefined ? 'texts by name' : 'keys';
    case 'boolean':
      return 'true or false';
    default:
      return 'text';
  }
}

/** What a description says of a number, and its unit. */
const UNITS: readonly (readonly [RegExp, string])[] = [
  [/^Attempts a second/, 'attempts a second'],
  [/^Attempts/, 'attempts'],
  [/^Seconds/, 'seconds'],
  [/^Days/, 'days'],
  [/^Megabytes/, 'MB of 1,000,000 bytes'],
  [/^Threads/, 'threads'],
  [/^Events/, 'events'],
  [/\b[Pp]ort\b/, 'port'],
  [/^By which part/, 'part'],
  [/^By which the delay/, 'times'],
];

function numberOf({ type, description = '', minimum, exclusiveMinimum, maximum }: JsonSchema): string {
  const unit = UNITS.find(([says]) => says.test(description))?.[1];
  const kind = type === 'integer' ? 'whole number' : 'number';
  const least = minimum === undefined ? `above ${shortOf(exclusiveMinimum)}` : `from ${shortOf(minimum)}`;
  const most = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? '' : ` to ${shortOf(maximum)}`;
  const bounds = minimum === undefined && exclusiveMinimum === undefined ? '' : `, ${least}${most}`;
  return `${kind}${unit === undefined ? '' : ` (${unit})`}${bounds}`;
}

function shortOf(value: number | boolean | undefined): string {
  return typeof value === 'number' ? value.toLocaleString('en') : '';
}

/** The example file with what stands there as a comment because it goes with nothing else. */
function exampleFile(): unknown {
  const text = readFileSync(example, 'utf8').replaceAll(/^( +)# (template|transform|tls): /gm, '$1$2: ');
  return parse(text);
}

function exampleOf(path: readonly string[], examples: unknown): unknown {
  const more = MORE_EXAMPLES[nameOf(path)];
  if (more !== undefined) return more;
  return path.reduce<unknown>((value, key) => {
    const one = at(Array.isArray(value) ? value[0] : value, key.replace('[]', ''));
    return key.endsWith('[]') && Array.isArray(one) ? one[0] : one;
  }, examples);
}

function at(value: unknown, key: string): unknown {
  return isSchema(value) ? Reflect.get(value, key) : undefined;
}

function code(value: unknown): string {
  if (value === undefined) return '';
  const text = typeof value === 'string' ? value : flow(value);
  return `\`${text.replaceAll('|', '\\|')}\``;
}

/** As YAML in one line. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (!isSchema(value)) return JSON.stringify(value);
  const pairs = Object.entries(value).map(([key, one]) => `${key}: ${flow(one)}`);
  return `{ ${pairs.join(', ')} }`;
}

/** Text within a cell of a table; what stands in backticks stays as it is. */
function escaped(text: string): string {
  const parts = text.split(/(`[^`]*`)/);
  return parts.map((part, n) => (n % 2 === 1 ? part : part.replaceAll(/[*<|]/g, '\\$&'))).join('');
}
