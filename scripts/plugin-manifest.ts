import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { EVENT_TYPES } from '../src/model/event-types.ts';

const packageJson = z.object({
  name: z.string(),
  version: z.string(),
  main: z.string(),
  engines: z.object({ node: z.string() }),
});

/** What a host has to know of a plugin before it loads it. */
const manifestSchema = z.strictObject({
  $schema: z.string().describe('This schema, beside the manifest.'),
  name: z.string().min(1).describe('Name of the package.'),
  version: z
    .string()
    .regex(/^\d+\.\d+\.\d+/)
    .describe('Its version: Semantic Versioning.'),
  apiVersion: z.literal(1).describe('Of register(host, options); a host loads none that it does not know.'),
  main: z
    .string()
    .regex(/^\.\//)
    .describe('ES module, from this file on, whose default export is register(host, options).'),
  configKey: z
    .string()
    .regex(/^\w+(\.\w+)*$/)
    .describe('Where in the host’s configuration the options stand.'),
  emits: z
    .array(z.string().regex(/^[a-z]+\.[a-z_]+$/))
    .describe('Types of all events that its webhooks may bear.'),
  routes: z.array(z.string().regex(/^\//)).describe('Paths that its handler serves.'),
  engines: z.strictObject({ node: z.string().describe('Versions of Node it runs on.') }),
});

/** `plugin.schema.json` */
export function manifestJsonSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(manifestSchema);
  return `${JSON.stringify({ $schema, title: 'Plugin of a PBX', ...schema }, null, 2)}\n`;
}

/** `plugin.json` */
export async function pluginManifest(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  const { name, version, main, engines } = packageJson.parse(JSON.parse(text));
  const manifest = manifestSchema.parse({
    $schema: './plugin.schema.json',
    name,
    version,
    apiVersion: 1,
    main,
    configKey: 'features.webhooks',
    emits: EVENT_TYPES,
    routes: ['/api/webhooks', '/webhooks', '/healthz', '/readyz', '/metrics'],
    engines: { node: engines.node },
  });
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
