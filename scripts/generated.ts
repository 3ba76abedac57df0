import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { configJsonSchema } from '../src/config/json-schema.ts';
import { EVENT_TYPES } from '../src/model/event-types.ts';
import { eventDocs } from './event-docs/render.ts';
import { templateDocs } from './template-docs.ts';

const root = new URL('../', import.meta.url);
const packageJson = z.object({
  name: z.string(),
  version: z.string(),
  main: z.string(),
  engines: z.object({ node: z.string() }),
});

/** The files of this folder's parent that are made from the source, and what they should hold. */
export async function generatedFiles(): Promise<readonly { readonly url: URL; readonly text: string }[]> {
  return [
    { url: new URL('config.schema.json', root), text: configJsonSchema() },
    { url: new URL('plugin.json', root), text: await pluginManifest() },
    { url: new URL('docs/events.md', root), text: eventDocs() },
    { url: new URL('docs/templates.md', root), text: templateDocs() },
  ];
}

/** What a host has to know of the plugin before it loads it. */
async function pluginManifest(): Promise<string> {
  const text = await readFile(new URL('package.json', root), 'utf8');
  const { name, version, main, engines } = packageJson.parse(JSON.parse(text));
  const manifest = {
    name,
    version,
    apiVersion: 1,
    main,
    configKey: 'features.webhooks',
    emits: EVENT_TYPES,
    routes: ['/api/webhooks', '/healthz', '/readyz'],
    engines: { node: engines.node },
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
