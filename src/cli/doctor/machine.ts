import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { VoicemailConfig, WebhooksConfig } from '../../config/config.ts';
import { bytesFree } from '../../store/sqlite/failure.ts';
import { inspectStore } from '../../store/sqlite/inspect.ts';
import { reasonOf } from '../../util/error.ts';
import { type Finding, failed, ok, warning } from './finding.ts';
import type { ServiceState } from './service.ts';

const MB = 1024 * 1024;

export function examineNode(): Finding {
  return ok('node', `Node ${process.versions.node}`);
}

/** Where the data lies; nothing of it is changed. */
export async function examineMachine(
  config: WebhooksConfig,
  service: ServiceState,
): Promise<readonly Finding[]> {
  const { voicemail } = config;
  return [
    ...(await examineStore(config, service)),
    ...(voicemail === undefined ? [] : [examineSpool(voicemail)]),
  ];
}

async function examineStore(
  { storePath, maxSizeMb }: WebhooksConfig,
  service: ServiceState,
): Promise<readonly Finding[]> {
  const folder = dirname(storePath);
  const writable = writability(folder);
  if (writable.verdict === 'failed') return [writable];
  return [writable, diskSpace(storePath, maxSizeMb), await database(storePath, service)];
}

function writability(folder: string): Finding {
  const there = nearest(folder);
  const fix = 'let the user that runs the service write there, or set store.url to another place';
  try {
    if (!statSync(there).isDirectory()) {
      return failed('data_folder_unwritable', `${there} is no folder, so that ${folder} can’t be made`, fix);
    }
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch (error) {
    return failed('data_folder_unwritable', `${there} can’t be written: ${reasonOf(error)}`, fix);
  }
  return ok('data_folder', there === folder ? `${folder} can be written` : `${folder} can be made`);
}

/** The folder itself, or the one nearest above it that there is. */
function nearest(folder: string): string {
  const above = dirname(folder);
  return existsSync(folder) || above === folder ? folder : nearest(above);
}

function diskSpace(path: string, maxSizeMb: number): Finding {
  const free = Math.floor(bytesFree(nearestFile(path)) / MB);
  const used = existsSync(path) ? Math.ceil(statSync(path).size / MB) : 0;
  const needed = Math.max(0, maxSizeMb - used);
  if (free < LEAST_FREE_MB) {
    return failed(
      'disk_space_low',
      `the disk of the database has ${free} MB left`,
      'free space on it: without any, no event is accepted',
    );
  }
  return free < needed
    ? warning(
        'disk_space_low',
        `the disk has ${free} MB left, and the database may grow by ${needed} MB`,
        'free space on it, or lower store.max_size_mb',
      )
    : ok('disk_space', `${Number.isFinite(free) ? `${free} MB` : 'enough space'} left on its disk`);
}

/** Less is gone within minutes of a busy PBX, write-ahead log included. */
const LEAST_FREE_MB = 100;

/** A path in the folder whose disk is asked. */
function nearestFile(path: string): string {
  return `${nearest(dirname(path))}/-`;
}

async function database(path: string, service: ServiceState): Promise<Finding> {
  if (!existsSync(path)) return ok('database', `${path} will be made`);
  const problem = await inspectStore(path);
  if (problem === undefined) return ok('database', `${path} is whole`);
  const { code, message } = problem;
  const isRunning = service.state === 'running' || service.state === 'refused';
  if (code === 'store_locked' && isRunning) return ok('database', `${path} is in use by the running service`);
  // The sentence of what is wrong ends with the reason in brackets; what to do follows.
  const [saw = message, ...fix] = message.split(/(?<=\))\. /);
  return failed(code === 'store_locked' ? 'database_in_use' : 'database_unusable', saw, fix.join('. '));
}

/** Whether messages can be looked at. */
function examineSpool({ spool }: VoicemailConfig): Finding {
  try {
    const contexts = readdirSync(spool, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return ok('voicemail_spool', `${spool} can be read: ${contexts.length} voicemail contexts`);
  } catch (error) {
    return failed(
      'voicemail_spool_unreadable',
      `voicemail.spool can’t be read: ${reasonOf(error)}`,
      'usermod -aG asterisk for the user of the service, or mount the folder (docs/asterisk.md, section 5)',
    );
  }
}
