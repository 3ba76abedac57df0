import { existsSync, readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { type ApiClient, createClient } from '../../api/client.ts';
import { reasonOf } from '../../util/error.ts';
import { apiAddress } from '../api-address.ts';
import { UsageError } from '../exit.ts';

/** Where the API is, as the command line says. */
export interface AccessFlags {
  readonly url?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly config?: string;
}

/** Of a command that prints for people, or the answer as JSON. */
export interface JsonFlags extends AccessFlags {
  readonly json?: true;
}

const DEFAULT_CONFIG = 'config.yml';
const DEFAULT_API = { host: '127.0.0.1', port: 8080 };
const API_PATH = '/api/webhooks';

const GROUP = 'Where the service is:';

/** Gives a command the options that say where the API is. */
export function withAccess(command: Command): Command {
  return command
    .addOption(
      new Option('--url <url>', 'such as http://pbx.lan:8080').env('PBX_WEBHOOKS_URL').helpGroup(GROUP),
    )
    .addOption(
      new Option('--token <token>', 'its api.token; the environment or a file hide it from ps')
        .env('PBX_WEBHOOKS_TOKEN')
        .helpGroup(GROUP),
    )
    .addOption(new Option('--token-file <file>', 'a file that holds the token').helpGroup(GROUP))
    .addOption(
      new Option('-c, --config <file>', 'take both from it (default: config.yml, if there is one)').helpGroup(
        GROUP,
      ),
    );
}

/**
 * A client of the API: where `--url` says, else where the configuration file has it, else on this machine. Rejects
 * with a UsageError or ConfigError that says what is wrong.
 */
export async function clientOf(flags: AccessFlags): Promise<ApiClient> {
  const given = tokenOf(flags);
  if (flags.url !== undefined) return createClient({ baseUrl: baseUrlOf(flags.url), token: given });
  const file = flags.config ?? (existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined);
  if (file === undefined) return createClient({ baseUrl: apiAddress(DEFAULT_API), token: given });
  // Only here, since the schema of the whole file comes with it.
  const { loadApiConfig } = await import('../../config/load.ts');
  const api = loadApiConfig(file);
  return createClient({ baseUrl: apiAddress(api), token: given ?? api.token });
}

function tokenOf({ token, tokenFile }: AccessFlags): string | undefined {
  const text = (tokenFile === undefined ? token : readToken(tokenFile))?.trim();
  if (text !== undefined && /\p{Cc}/u.test(text)) {
    const place = tokenFile ?? '--token or PBX_WEBHOOKS_TOKEN';
    throw new UsageError('usage', `${place} holds more than a token: it has several lines`);
  }
  return text === '' ? undefined : text;
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError('usage', `cannot read the token from ${file}: ${reasonOf(error)}`, { cause: error });
  }
}

/** `http://pbx.lan:8080`, `https://example.com/pbx`, or what ends in `/api/webhooks` already. */
function baseUrlOf(text: string): string {
  const url = URL.parse(/^https?:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || url.hostname === '') {
    throw new UsageError(
      'usage',
      `--url ${JSON.stringify(text)} is no URL; write it as http://127.0.0.1:8080`,
    );
  }
  const path = url.pathname.replace(/\/+$/, '');
  return `${url.origin}${path.endsWith(API_PATH) ? path : `${path}${API_PATH}`}`;
}
