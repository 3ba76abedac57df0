/** As much of JSON Schema as the document has. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly description?: string;
  readonly enum?: readonly (string | null)[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

/** Components that have a section of their own. */
export const SHAPES = [
  'Subscription',
  'Delivery',
  'Attempt',
  'SentRequest',
  'Event',
  'EventType',
  'Stats',
  'Minute',
  'StreamedDelivery',
  'StreamedStats',
  'Problem',
] as const;

/** The keys of an object, those of objects in it after them as `filter.where`. */
export function keyTable(schema: Schema): string {
  const rows = rowsOf(schema, '');
  return rows.length === 0 ? '' : `| key | type | meaning |\n|---|---|---|\n${rows.join('\n')}\n`;
}

function rowsOf(schema: Schema, prefix: string): readonly string[] {
  const object = objectIn(schema);
  const required = new Set(object?.required);
  return Object.entries(object?.properties ?? {}).flatMap(([key, property]) => {
    const name = `${prefix}${key}`;
    const row = `| \`${name}${required.has(key) ? '' : '?'}\` | ${typeOf(property)} | ${meaningOf(property)} |`;
    return [row, ...rowsOf(property, `${name}.`), ...rowsOf(property.items ?? {}, `${name}[].`)];
  });
}

/** The object that a value is, null apart. */
function objectIn(schema: Schema): Schema | undefined {
  return schema.properties === undefined
    ? schema.anyOf?.map(objectIn).find((found) => found !== undefined)
    : schema;
}

/** In words, for a cell of a table. */
export function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return linkTo(schema.$ref);
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum !== undefined) {
    return schema.enum.map((value) => (value === null ? 'null' : `\`${value}\``)).join(', ');
  }
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' or ');
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? ['any']);
  return types.map((type) => simpleType(type, schema)).join(' or ');
}

function simpleType(type: string, schema: Schema): string {
  switch (type) {
    case 'string':
      return schema.format === 'date-time' ? 'time' : 'text';
    case 'boolean':
      return 'true or false';
    case 'array':
      return `list of ${typeOf(schema.items ?? {})}`;
    case 'object':
      return typeof schema.additionalProperties === 'object' ? 'values by name' : 'object';
    default:
      return type;
  }
}

function linkTo(reference: string): string {
  const name = reference.slice(reference.lastIndexOf('/') + 1);
  return SHAPES.some((shape) => shape === name) ? `[${name}](#${name.toLowerCase()})` : name;
}

function meaningOf({ description, anyOf = [] }: Schema): string {
  return description ?? anyOf.map(meaningOf).join('');
}
