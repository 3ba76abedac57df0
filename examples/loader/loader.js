// How a PBX loads a plugin that it knows nothing of but the name of its package: by its plugin.json.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);

export async function loadPlugin(name, host) {
  const file = require.resolve(`${name}/plugin.json`);
  const { apiVersion, main, configKey } = JSON.parse(readFileSync(file, 'utf8'));
  if (apiVersion !== 1) throw new Error(`${name} needs plugin API ${apiVersion}; this host has 1`);
  const options = configKey.split('.').reduce((node, key) => node?.[key], host.config);
  const { default: register } = await import(pathToFileURL(join(dirname(file), main)).href);
  return register(host, options);
}
