import { type ApiClient, ApiProblem, createClient } from '../../api/client.ts';
import type { WebhooksConfig } from '../../config/config.ts';
import { whyNothing } from '../../config/config.ts';
import { ConfigError, issueLine } from '../../config/error.ts';
import { loadConfig } from '../../config/load.ts';
import { maskedUrl } from '../../util/masked-url.ts';
import { apiAddress } from '../api-address.ts';
import { examineAmi } from './ami/examine.ts';
import { clockFinding } from './clock.ts';
import { type Finding, failed, ok, type Section, skipped, warning } from './finding.ts';
import { shownPlace } from './knock.ts';
import { examineMachine, examineNode } from './machine.ts';
import { examineReceiver, judgeSecret, type ReceiverPlace } from './receiver.ts';
import { askService, type RunningService, type ServiceState, serviceFindings } from './service.ts';
import { examineSip } from './sip.ts';
import { clockOf, judgeState, judgeTest, MANY } from './subscription.ts';

export interface DiagnoseOptions {
  /** The configuration file. */
  readonly config: string;
  /** For each step of a check. */
  readonly timeoutMs: number;
  /** How long each PBX is looked at, in milliseconds; 0: as long as the checks need. */
  readonly watchMs: number;
  /** Whether each receiver is sent a signed sample. */
  readonly sendTest: boolean;
  /** Asterisk's manager.conf, read where the PBX is this machine and refuses the login. */
  readonly managerConf: string;
}

/** Looks at everything that a configuration names, side by side; changes nothing. */
export async function diagnose(options: DiagnoseOptions): Promise<readonly Section[]> {
  const { config, findings } = readConfig(options.config);
  const configuration: Section = { title: 'Configuration', findings: [...findings, examineNode()] };
  if (config === undefined) return [configuration];
  const service = await askService(config.api, options.timeoutMs);
  const examinations = [
    { title: 'Machine', findings: examineMachine(config, service) },
    { title: 'Service', findings: serviceFindings(service, config.api) },
    ...sourcesOf(config, service, options),
    ...receiversOf(config, service, options),
  ];
  const limitMs = STEPS * options.timeoutMs + options.watchMs;
  const sections = await Promise.all(
    examinations.map(async ({ title, findings: pending }) => ({
      title,
      findings: await inTime(pending, limitMs),
    })),
  );
  return [configuration, ...sections];
}

/** The longest examination has so many steps with a timeout of their own. */
const STEPS = 10;

interface Examination {
  readonly title: string;
  readonly findings: Promise<readonly Finding[]>;
}

async function inTime(pending: Promise<readonly Finding[]>, limitMs: number): Promise<readonly Finding[]> {
  const { promise, resolve } = Promise.withResolvers<readonly Finding[]>();
  const late = failed(
    'took_too_long',
    `no result within ${limitMs / 1000} s`,
    'try again with a longer --timeout',
  );
  const timer = setTimeout(() => resolve([late]), limitMs);
  try {
    return await Promise.race([pending, promise]);
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    return [
      failed('service_unreachable', `the service said: ${error.message}`, 'see its log; then ask again'),
    ];
  } finally {
    clearTimeout(timer);
  }
}

interface ReadConfig {
  /** Undefined: there is nothing to go on with. */
  readonly config: WebhooksConfig | undefined;
  readonly findings: readonly Finding[];
}

function readConfig(file: string): ReadConfig {
  try {
    const { webhooks } = loadConfig(file);
    if (!webhooks?.enabled) {
      const fix = 'set features.webhooks, with enabled: true';
      return {
        config: undefined,
        findings: [failed('nothing_to_start', `${file}: ${whyNothing(webhooks)}`, fix)],
      };
    }
    return { config: webhooks, findings: [ok('config', `${file} is valid`), ...emptiness(webhooks)] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const findings = error.issues.map((issue) =>
      failed('config_invalid', issueLine(issue), 'correct that line; config.example.yml shows every key'),
    );
    return { config: undefined, findings };
  }
}

function emptiness({ ami, sip, subscriptions }: WebhooksConfig): readonly Finding[] {
  return [
    ...(ami.length + sip.length > 0
      ? []
      : [warning('nothing_watched', 'no PBX is watched', 'name one in sources.ami or sources.sip')]),
    ...(subscriptions.length > 0
      ? []
      : [skipped('nothing_sent', 'the file has no subscription: only those of the API get events')]),
  ];
}

function sourcesOf(config: WebhooksConfig, service: ServiceState, options: DiagnoseOptions): Examination[] {
  const { timeoutMs, watchMs, managerConf } = options;
  const isSeen = (name: string): boolean | undefined =>
    service.state === 'running'
      ? service.checks.some((check) => check.name === `source ${name}` && check.ok)
      : undefined;
  const asksFor = (prefix: string): boolean =>
    config.subscriptions.some(({ events }) => events.some((pattern) => pattern.startsWith(prefix)));
  return [
    ...config.ami.map((source) => ({
      title: `PBX ${source.name} (Asterisk at ${shownPlace(source)})`,
      findings: examineAmi(source, { timeoutMs, watchMs, managerConf, asksFor, isSeen: isSeen(source.name) }),
    })),
    ...config.sip.map((source) => ({
      title: `PBX ${source.name} (drachtio-server at ${shownPlace(source)})`,
      findings: examineSip(source, timeoutMs),
    })),
  ];
}

/** Those of the file, and where the service runs those of the API beside them. */
function receiversOf(config: WebhooksConfig, service: ServiceState, options: DiagnoseOptions): Examination[] {
  const running = service.state === 'running' ? service : undefined;
  const inFile = new Set(config.subscriptions.map(({ url }) => url));
  const ofApi = running?.subscriptions.filter(({ url }) => !inFile.has(url)) ?? [];
  const { allow } = config.network;
  return [
    ...config.subscriptions.map(({ url, tls, secret, enabled = true }) =>
      receiver({ url, tls, allow: 'any' }, [judgeSecret(secret)], enabled, running, config, options),
    ),
    ...ofApi.map(({ url, tls, signed, enabled }) =>
      receiver(
        { url, tls, allow },
        signed ? [] : [judgeSecret(undefined)],
        enabled,
        running,
        config,
        options,
      ),
    ),
  ];
}

function receiver(
  place: ReceiverPlace,
  findings: readonly Finding[],
  isEnabled: boolean,
  running: RunningService | undefined,
  config: WebhooksConfig,
  { timeoutMs, sendTest }: DiagnoseOptions,
): Examination {
  const view = running?.subscriptions.find(({ url }) => url === place.url);
  const client = createClient({ baseUrl: apiAddress(config.api), token: config.api.token });
  const examine = async (): Promise<readonly Finding[]> => {
    if (!isEnabled && view === undefined) {
      return [
        skipped('disabled', 'disabled in the file: its events are kept', 'set enabled: true'),
        ...findings,
      ];
    }
    return [
      ...(await examineReceiver(place, timeoutMs)),
      ...findings,
      ...(view === undefined || running === undefined ? [] : await stateOf(client, view, running)),
      ...(sendTest ? await tested(client, view) : []),
    ];
  };
  return { title: `Subscription ${maskedUrl(place.url)}`, findings: examine() };
}

async function stateOf(
  client: ApiClient,
  view: RunningService['subscriptions'][number],
  { lanes }: RunningService,
): Promise<readonly Finding[]> {
  const dead = await client.call('GET /dead-letters', { query: { subscription: view.id, limit: MANY } });
  return judgeState(
    view,
    lanes?.find(({ id }) => id === view.id),
    dead.items.length,
  );
}

async function tested(
  client: ApiClient,
  view: RunningService['subscriptions'][number] | undefined,
): Promise<readonly Finding[]> {
  if (view === undefined) return [skipped('test', 'a signed sample can be sent while the service runs only')];
  const { attempt } = await client.call('POST /{id}/test', { path: { id: view.id } });
  const clock = clockOf(attempt);
  return [
    judgeTest(attempt),
    ...(clock === undefined ? [] : [clockFinding('the receiver', clock.aheadMs, clock.within)]),
  ];
}
