import { z } from 'zod';
import { configSchema } from './schema.ts';

/** `config.schema.json`: lets an editor complete and check a `config.yml`. */
export function configJsonSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, { io: 'input' });
  const head = { $schema, title: 'pbx-webhooks configuration' };
  return `${JSON.stringify({ ...head, ...schema }, null, 2)}\n`;
}
