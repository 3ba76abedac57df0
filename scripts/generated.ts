import { readFile } from 'node:fs/promises';
import { configJsonSchema } from '../src/config/json-schema.ts';
import { openApiText } from './api-docs/document.ts';
import { apiDocs } from './api-docs/render.ts';
import { cliDocs } from './cli-docs/render.ts';
import { configDocs } from './config-docs.ts';
import { withEmbedded } from './embed.ts';
import { eventDocs } from './event-docs/render.ts';
import { manifestJsonSchema, pluginManifest } from './plugin-manifest.ts';
import { templateDocs } from './template-docs.ts';

const root = new URL('../', import.meta.url);

/** The files of this folder's parent that are made from the source, and what they should hold. */
export async function generatedFiles(): Promise<readonly { readonly url: URL; readonly text: string }[]> {
  return [
    { url: new URL('config.schema.json', root), text: configJsonSchema() },
    { url: new URL('plugin.json', root), text: await pluginManifest() },
    { url: new URL('plugin.schema.json', root), text: manifestJsonSchema() },
    { url: new URL('docs/configuration.md', root), text: configDocs() },
    { url: new URL('docs/cli.md', root), text: await cliDocs() },
    { url: new URL('openapi.json', root), text: openApiText() },
    { url: new URL('docs/api.md', root), text: apiDocs() },
    { url: new URL('docs/events.md', root), text: eventDocs() },
    await embedded('docs/receivers.md'),
    { url: new URL('docs/templates.md', root), text: templateDocs() },
  ];
}

/** A file that is written by hand, but for the code of other files in it. */
async function embedded(file: string): Promise<{ readonly url: URL; readonly text: string }> {
  const url = new URL(file, root);
  return { url, text: withEmbedded(await readFile(url, 'utf8'), root) };
}
