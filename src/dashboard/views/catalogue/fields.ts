/** A field of an event's data, as its JSON Schema has it. */
export interface FieldEntry {
  /** With dots for what lies within, `[]` for what a list holds. */
  readonly name: string;
  /** Such as `string`, `number`, `"busy" | "answered"`. */
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
}

type Schema = Readonly<Record<string, unknown>>;

/** Every field of a schema, those within others as well. */
export function fieldsOf(schema: Schema, prefix = ''): readonly FieldEntry[] {
  const { properties, required } = schema;
  if (!isSchema(properties)) return [];
  const needed = Array.isArray(required) ? required : [];
  return Object.entries(properties).flatMap(([key, property]) => {
    if (!isSchema(property)) return [];
    const name = `${prefix}${key}`;
    const { description } = property;
    const entry = {
      name,
      type: typeOf(property),
      required: needed.includes(key),
      description: typeof description === 'string' ? description : '',
    };
    return [entry, ...within(property, name)];
  });
}

function within(schema: Schema, name: string): readonly FieldEntry[] {
  const { items } = schema;
  return isSchema(items) ? fieldsOf(items, `${name}[].`) : fieldsOf(schema, `${name}.`);
}

function typeOf(schema: Schema): string {
  const { type, enum: choices, const: constant, format, items, anyOf } = schema;
  if (constant !== undefined) return JSON.stringify(constant);
  if (Array.isArray(choices)) return choices.map((choice) => JSON.stringify(choice)).join(' | ');
  if (Array.isArray(anyOf)) return anyOf.filter(isSchema).map(typeOf).join(' | ');
  if (isSchema(items)) return `${typeOf(items)}[]`;
  if (format === 'date-time') return 'time';
  return typeof type === 'string' ? type : 'any';
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
