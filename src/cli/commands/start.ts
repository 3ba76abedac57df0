import { Command } from 'commander';
import type { Config, WebhooksConfig } from '../../config/config.ts';
import { ConfigError, issueLine } from '../../config/error.ts';
import { loadConfig } from '../../config/load.ts';
import { type Service, startService } from '../../service.ts';
import { deferred } from '../../util/deferred.ts';
import { reasonOf } from '../../util/error.ts';
import type { Logger } from '../../util/log.ts';
import { createLogger } from '../../util/log-output.ts';
import { packageVersion } from '../../util/version.ts';
import { untilAskedToStop } from '../signals.ts';

export function startCommand(): Command {
  return new Command('start')
    .description('watch the PBXs of a configuration file and send their events')
    .option('-c, --config <file>', 'configuration file', 'config.yml')
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

/** Why a configuration has nothing to start. */
export function whyNothing(webhooks: Config['webhooks']): string {
  return webhooks === undefined ? 'there is no features.webhooks' : 'features.webhooks.enabled is false';
}

async function run(file: string, config: WebhooksConfig, logger: Logger): Promise<void> {
  const asked = untilAskedToStop();
  const hangups = reloadAtHangup(file, logger);
  const service = await startService(config, { logger });
  logger.info(`pbx-webhooks ${packageVersion()} started: ${summary(config, service.apiUrl)}`);
  hangups.begin(service);

  logger.info(`${await asked}: stopping`);
  await hangups.end();
  await service.close();
  logger.info('stopped');
}

/**
 * From now on no SIGHUP ends the process, as it would without a handler. One that comes before `begin` waits for it;
 * one that comes after `end` is passed over. `end` settles when no reload is under way.
 */
function reloadAtHangup(file: string, logger: Logger) {
  const begun = deferred<Service>();
  let reloaded = Promise.resolve();
  let ended = false;
  process.on('SIGHUP', () => {
    if (ended) return;
    reloaded = reloaded.then(async () => reload(file, await begun.promise, logger));
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
  const api = apiUrl === undefined ? 'no API' : `API at ${apiUrl}/api/webhooks`;
  return `${watched}; ${counted(subscriptions)} in the file; ${api}`;
}

function counted({ length }: readonly unknown[]): string {
  return `${length} ${length === 1 ? 'subscription' : 'subscriptions'}`;
}

/** A bad file is refused whole, and the old one stays. Never rejects. */
async function reload(file: string, service: Service, logger: Logger): Promise<void> {
  try {
    const { webhooks } = loadConfig(file);
    if (!webhooks?.enabled) {
      logger.error(`${file} was not taken over: ${whyNothing(webhooks)}. To stop, end the process`);
      return;
    }
    const waiting = await service.reload(webhooks);
    const restart = waiting.length === 0 ? '' : `. Restart for what else changed: ${waiting.join(', ')}`;
    logger.info(`${file} was taken over: ${counted(webhooks.subscriptions)}${restart}`);
  } catch (error) {
    const reasons = error instanceof ConfigError ? error.issues.map(issueLine) : [reasonOf(error)];
    for (const reason of reasons) logger.error(reason);
    logger.error(`${file} was not taken over; what was there before stays`);
  }
}
