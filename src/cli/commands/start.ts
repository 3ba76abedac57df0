import { Command } from 'commander';
import { type WebhooksConfig, whyNothing } from '../../config/config.ts';
import { loadConfig } from '../../config/load.ts';
import { type Service, startService } from '../../service.ts';
import { deferred } from '../../util/deferred.ts';
import type { Logger } from '../../util/log.ts';
import { createLogger } from '../../util/log-output.ts';
import { packageVersion } from '../../util/version.ts';
import { untilAskedToStop } from '../signals.ts';

export function startCommand(): Command {
  return new Command('start')
    .description('watch the PBXs of a configuration file and send their events')
    .option('-c, --config <file>', 'configuration file', 'config.yml')
    .addHelpText('after', '\nExample:\n  pbx-webhooks start --config /etc/pbx-webhooks/config.yml')
    .action(({ config }: { config: string }) => start(config));
}

/** Runs until SIGTERM or SIGINT; SIGHUP reads the file again. */
async function start(file: string): Promise<void> {
  const { webhooks, logging } = loadConfig(file);
  const logger = createLogger(logging);
  try {
    if (webhooks?.enabled) await run(file, webhooks, logger);
    else logger.info(`${file}: ${whyNothing(webhooks)}: nothing is started`);
  } finally {
    await logger.flush();
  }
}

async function run(file: string, config: WebhooksConfig, logger: Logger): Promise<void> {
  const asked = untilAskedToStop();
  const hangups = reloadAtHangup();
  const service = await startService(config, { logger, configFile: file });
  logger.info(`pbx-webhooks ${packageVersion()} started: ${summary(config, service.apiUrl)}`);
  hangups.begin(service);

  const why = await Promise.race([asked, service.lost]);
  logger.info(`${why instanceof Error ? 'the database is lost' : why}: stopping`);
  await hangups.end();
  await service.close();
  logger.info('stopped');
  // Whoever watches over the process starts it anew.
  if (why instanceof Error) throw why;
}

/**
 * From now on no SIGHUP ends the process, as it would without a handler. One that comes before `begin` waits for it;
 * one that comes after `end` is passed over. `end` settles when no reload is under way.
 */
function reloadAtHangup() {
  const begun = deferred<Service>();
  let reloaded = Promise.resolve();
  let ended = false;
  process.on('SIGHUP', () => {
    if (ended) return;
    // The log says what came of it.
    reloaded = reloaded.then(async () => void (await (await begun.promise).reload?.().catch(() => {})));
  });
  return {
    begin: begun.resolve,
    end(): Promise<void> {
      ended = true;
      return reloaded;
    },
  };
}

function summary({ subscriptions, ami, sip }: WebhooksConfig, apiUrl: string | undefined): string {
  const names = [...ami, ...sip].map(({ name }) => name);
  const watched = names.length === 0 ? 'no PBX' : `PBX ${names.join(', ')}`;
  const api =
    apiUrl === undefined ? 'no API' : `API at ${apiUrl}/api/webhooks, dashboard at ${apiUrl}/webhooks/`;
  return `${watched}; ${counted(subscriptions)} in the file; ${api}`;
}

function counted({ length }: readonly unknown[]): string {
  return `${length} ${length === 1 ? 'subscription' : 'subscriptions'}`;
}
