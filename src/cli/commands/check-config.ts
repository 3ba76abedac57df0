import { Command } from 'commander';
import type { WebhooksConfig } from '../../config/config.ts';
import { whyNothing } from '../../config/config.ts';
import { ConfigError } from '../../config/error.ts';
import { loadConfig } from '../../config/load.ts';
import { maskedUrl } from '../../util/masked-url.ts';
import { EXIT } from '../exit.ts';

export function checkConfigCommand(): Command {
  return new Command('check-config')
    .description('find all errors of a configuration file, and start nothing')
    .argument('[file]', 'configuration file', 'config.yml')
    .option('--json', 'print { ok, issues } as JSON')
    .addHelpText('after', '\nExample:\n  pbx-webhooks check-config config.yml')
    .action(checkConfig);
}

function checkConfig(file: string, { json }: { json?: true }): void {
  try {
    const { webhooks } = loadConfig(file);
    if (json) console.log(JSON.stringify({ ok: true, issues: [] }));
    else if (webhooks?.enabled) console.log([`${file}: OK`, ...summary(webhooks)].join('\n'));
    else console.log(`${file}: OK, but ${whyNothing(webhooks)}: start would start nothing`);
  } catch (error) {
    if (!json || !(error instanceof ConfigError)) throw error;
    console.log(JSON.stringify({ ok: false, issues: error.issues }));
    process.exitCode = EXIT.config;
  }
}

function summary({ subscriptions, ami, sip, api, storePath }: WebhooksConfig): string[] {
  const sent = subscriptions.map(({ url, events, secret, enabled }) => {
    const notes = [secret === undefined ? 'unsigned' : 'signed', ...(enabled === false ? ['disabled'] : [])];
    return `  sends   ${events.join(', ')} to ${maskedUrl(url)} (${notes.join(', ')})`;
  });
  const watched = [
    ...ami.map(({ name, host, port, tls }) => {
      return `  watches ${name} at ${host}:${port}${tls === false ? '' : ' (TLS)'}`;
    }),
    ...sip.map(({ name, host, port }) => `  watches ${name} at ${host}:${port} (drachtio)`),
  ];
  return [
    ...(watched.length === 0 ? ['  watches no PBX'] : watched),
    ...(sent.length === 0 ? ['  sends   nothing, until the API adds a subscription'] : sent),
    api.enabled
      ? `  serves  the API on ${api.host} port ${api.port} (${api.token === undefined ? 'this machine only' : 'with a token'})`
      : '  serves  no API',
    `  keeps   ${storePath}`,
  ];
}
