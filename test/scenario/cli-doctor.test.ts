import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../src/api/client.ts';
import type { Finding, FindingCode, Verdict } from '../../src/cli/doctor/finding.ts';
import { parseConfig } from '../../src/config/load.ts';
import { startService } from '../../src/service.ts';
import { silentLogger } from '../../src/util/log.ts';
import { type PbxAccount, pbxFor } from '../support/ami-account.ts';
import { type AmiFaults, startAmiServer } from '../support/ami-server.ts';
import { cli, temporaryFolder, writeConfig } from '../support/cli.ts';
import { DrachtioServer } from '../support/drachtio-server.ts';
import { Receiver } from '../support/receiver.ts';
import { createRecorder } from '../support/recorder.ts';

const SECRET = 'a secret of enough bytes';

const fixture = (name: string): string => new URL(`../fixtures/tls/${name}`, import.meta.url).pathname;
const pem = (name: string): string => readFileSync(fixture(name), 'utf8');

/** What `doctor --json` prints. */
interface Diagnosis {
  readonly ok: boolean;
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly sections: readonly { readonly title: string; readonly findings: readonly Finding[] }[];
}

async function doctor(config: string, ...args: string[]): Promise<Diagnosis & { readonly code: unknown }> {
  const { code, out, err } = await cli(['doctor', '--config', config, '--json', ...args]);
  expect(err).toBe('');
  return { code, ...JSON.parse(out) };
}

function findingsOf({ sections }: Diagnosis, title: string): readonly Finding[] {
  const section = sections.find((each) => each.title.startsWith(title));
  if (section === undefined)
    throw new Error(`no section ${title} among ${sections.map((each) => each.title)}`);
  return section.findings;
}

const bad = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ verdict }) => verdict === 'failed' || verdict === 'warning');

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function amiPort(faults: AmiFaults): Promise<number> {
  const server = await startAmiServer(faults);
  onTestFinished(() => server.close());
  return server.port;
}

/** An https receiver with one of the certificates of test/fixtures/tls. */
async function httpsPort(certificate: string, options: object = {}): Promise<number> {
  const server = createHttpsServer(
    { cert: pem(certificate), key: pem('key.pem'), ...options },
    (_, response) => response.writeHead(204).end(),
  );
  server.on('tlsClientError', () => {});
  return listening(server);
}

/** A port at which nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A deep copy of what is right, for one thing to be broken in each. */
const ami = (name: string, port: number, more: object = {}) => ({
  name,
  host: '127.0.0.1',
  port,
  username: 'webhooks',
  secret: 'change-me',
  ...more,
});

describe('doctor', () => {
  test('names what is wrong with each of many broken PBX accounts, and nothing of a healthy one', async () => {
    const folder = temporaryFolder();
    const managerConf = join(folder, 'manager.conf');
    writeFileSync(
      managerConf,
      `[general]
enabled = yes
#include "more.conf"
[defaults](!)
secret = change-me ; of all
[fenced](defaults)
deny = 0.0.0.0/0.0.0.0
permit = 10.0.0.0/255.0.0.0
`,
    );
    writeFileSync(
      join(folder, 'more.conf'),
      '[webhooks]\nsecret = another\n[fine]\nsecret=change-me\npermit=127.0.0.1\n[gated]\nsecret=change-me\nacl=office\n',
    );
    const refusing = await amiPort({ login: 'refuse' });
    const http = await listening(createHttpServer((_, response) => response.end('hello')));
    const ssh = await listening(
      createServer((socket) => socket.on('error', () => {}).write('SSH-2.0-OpenSSH_9.6\r\n')),
    );
    const cutting = await listening(createServer((socket) => socket.destroy()));
    const mute = await listening(createServer((socket) => socket.on('error', () => {}).resume()));
    const tls = await amiPort({ tls: true });
    const account = async (more: PbxAccount = {}) => amiPort(pbxFor(more));

    const cases: [name: string, source: object, wrong: readonly [code: FindingCode, saw: RegExp][]][] = [
      ['healthy', { port: await account() }, []],
      ['closed', { port: await deadPort() }, [['port_closed', /nobody listens at 127\.0\.0\.1:\d+/]]],
      [
        'closed-tls',
        { port: await deadPort(), tls: true },
        [['port_closed', /: manager\.conf says tlsenable = no$/]],
      ],
      ['nowhere', { host: 'pbx.invalid', port: 5038 }, [['host_unknown', /pbx\.invalid/]]],
      ['http', { port: http }, [['wrong_protocol', /it speaks HTTP$/]]],
      ['ssh', { port: ssh }, [['wrong_protocol', /it speaks SSH$/]]],
      ['cut', { port: cutting }, [['connection_cut', /ends it at once/]]],
      ['mute', { port: mute }, [['port_silent', /says nothing/]]],
      ['tls-expected', { port: tls }, [['tls_expected', /speaks TLS, and tls is off/]]],
      ['tls-unspoken', { port: await account(), tls: true }, [['tls_not_spoken', /without TLS/]]],
      [
        'tls-issuer',
        { port: tls, tls: true },
        [['certificate_issuer', /the PBX’s certificate is self-signed/]],
      ],
      [
        'secret',
        { port: refusing },
        [['login_wrong_secret', /the secret is not the one that stands in \[webhooks\]/]],
      ],
      [
        'nobody',
        { port: refusing, username: 'webhook' },
        [['login_unknown_account', /no section \[webhook\]/]],
      ],
      [
        'fenced',
        { port: refusing, username: 'fenced' },
        [['login_address_refused', /do not let 127\.0\.0\.1 in/]],
      ],
      [
        'stale',
        { port: refusing, username: 'fine' },
        [['login_refused', /though manager\.conf would allow it/]],
      ],
      [
        'gated',
        { port: refusing, username: 'gated' },
        [['login_refused', /though manager\.conf would allow it/]],
      ],
      ['in-use', { port: await amiPort({ login: 'in-use' }) }, [['login_in_use', /allowmultiplelogin = no/]]],
      [
        'shutting-down',
        { port: await amiPort({ login: 'shutting-down' }) },
        [['pbx_shutting_down', /shutting down/]],
      ],
      [
        'classes',
        { port: await account({ read: 'system,security' }) },
        [
          ['read_class_missing', /^read class call is missing: every event of calls/],
          ['read_class_missing', /^read class agent is missing: queue events/],
          ['read_class_missing', /^read class dialplan is missing: file_path/],
        ],
      ],
      [
        'no-system',
        { port: await account({ read: 'call,agent,dialplan', write: 'reporting' }) },
        [
          ['read_class_missing', /^read class system is missing: registrations/],
          ['read_class_missing', /^read class security is missing/],
          ['write_class_missing', /^write class system is missing: user agent/],
        ],
      ],
      [
        'powerful',
        { port: await account({ write: 'all' }) },
        [['write_class_excess', /command, originate, config, call/]],
      ],
      [
        'allow-list',
        {
          port: await account({
            lines: ['eventfilter=Event: (Newchannel|Hangup)', 'eventfilter=!Event: VarSet'],
          }),
        },
        [['event_filter_hides', /Newstate, DialBegin, DialEnd/]],
      ],
      [
        'hides-22',
        { port: await account({ lines: ['eventfilter(action(exclude),name(Hangup))='] }) },
        [['event_filter_hides', /: Hangup$/]],
      ],
      [
        'hides-some',
        { port: await account({ lines: ['eventfilter=!Channel: PJSIP/trunk'] }) },
        [['event_filter_unclear', /!Channel: PJSIP\/trunk/]],
      ],
      [
        'documented-filters',
        {
          port: await account({
            lines: [
              'eventfilter=!^Event: VarSet.*[[:space:]]Variable: ([^MQV]|M[^I]|MI[^X]|Q[^U]|V[^M]|VM[^_])',
              'eventfilter=!^Event: (DeviceStateChange|QueueMemberStatus|MusicOnHold)',
              'eventfilter(action(exclude),name(Newexten),header(Application),method(regex))=^([^PQ]|P[^a])',
              'eventfilter(action(exclude),name(MusicOnHoldStop))=',
            ],
          }),
        },
        [],
      ],
      [
        'hidden',
        { port: await account({ channels: ['PJSIP/1001-00000001', 'CBAnn/800-00000002;1'] }) },
        [['events_hidden', /^no event told of 1 new channel that the PBX lists/]],
      ],
      ['old', { port: await account({ version: '11.25.3' }) }, [['pbx_version_old', /^Asterisk 11\.25\.3/]]],
      ['certified', { port: await account({ version: 'certified/18.9-cert5' }) }, []],
      [
        'no-queue',
        { port: await account({ missing: ['QueueStatus'] }) },
        [['module_missing', /app_queue: no queue events/]],
      ],
      ['no-rooms', { port: await account({ missing: ['ConfbridgeListRooms'] }) }, []],
      [
        'timing',
        { port: await account({ writetimeout: 100, timestampevents: false }) },
        [
          ['write_timeout_short', /for 100 ms/],
          ['timestamps_off', /time at which they happened/],
        ],
      ],
      [
        'clock',
        { port: await account({ aheadMs: 300_000 }) },
        [['clock_off', /5 min ahead of this machine’s/]],
      ],
    ];
    const config = writeConfig(folder, {
      sources: { ami: cases.map(([name, source]) => ami(name, 0, source)) },
      subscriptions: [{ url: `http://127.0.0.1:${http}/`, events: ['queue.*'], secret: SECRET }],
    });
    const diagnosis = await doctor(config, '--manager-conf', managerConf, '--timeout', '2');
    for (const [name, , wrong] of cases) {
      const found = bad(findingsOf(diagnosis, `PBX ${name} `));
      expect(
        found.map(({ code, saw }) => [code, saw]),
        name,
      ).toEqual(wrong.map(([code, saw]) => [code, expect.stringMatching(saw)]));
    }
    expect(bad(findingsOf(diagnosis, 'PBX gated '))).toEqual([
      expect.objectContaining({
        fix: expect.stringMatching(/^see that \[office\] of acl\.conf lets 127\.0\.0\.1 in/),
      }),
    ]);
    expect(diagnosis.code).toBe(1);
    expect(JSON.stringify(diagnosis)).not.toContain('change-me');
  });

  test('where Asterisk does not say why it refuses, and its file can’t be read, says who can find out', async () => {
    const folder = temporaryFolder();
    const missing = join(folder, 'manager.conf');
    const config = writeConfig(folder, {
      sources: { ami: [ami('main', await amiPort({ login: 'refuse' }))] },
    });
    const [refused, ...others] = bad(
      findingsOf(await doctor(config, '--manager-conf', missing, '--timeout', '2'), 'PBX main '),
    );
    expect([refused, others]).toEqual([
      expect.objectContaining({
        code: 'login_refused',
        fix: expect.stringContaining(`who may read ${missing}, such as root`),
      }),
      [],
    ]);
  });

  test('names what is wrong with each of many broken receivers, and sends no request to any', async () => {
    const asked: string[] = [];
    const server = createHttpServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.end();
    });
    const plain = await listening(server);
    const tls = { ca: fixture('authority.pem') };
    const https = async (certificate: string, options?: object) =>
      `https://127.0.0.1:${await httpsPort(certificate, options)}/`;

    type Wrong = readonly [code: FindingCode, saw: RegExp][];
    const cases: [what: string, subscription: Record<string, unknown> & { url: string }, wrong: Wrong][] = [
      ['healthy', { url: `http://127.0.0.1:${plain}/hook` }, []],
      ['healthy https', { url: await https('issued.pem'), tls }, []],
      [
        'expired',
        { url: await https('expired.pem'), tls },
        [['certificate_expired', /expired on 2021-01-01$/]],
      ],
      [
        'early',
        { url: await https('early.pem'), tls },
        [['certificate_not_yet_valid', /valid from 2120-01-01 only$/]],
      ],
      [
        'other',
        { url: await https('other.pem'), tls },
        [['certificate_name', /not for 127\.0\.0\.1, but for DNS:other\.example$/]],
      ],
      [
        'unknown issuer',
        { url: await https('issued.pem') },
        [['certificate_issuer', /CN=pbx-webhooks test authority, which is not trusted$/]],
      ],
      [
        'two things at once',
        { url: await https('other.pem') },
        [
          ['certificate_name', /other\.example/],
          ['certificate_issuer', /not trusted/],
        ],
      ],
      [
        'named otherwise',
        { url: await https('other.pem'), tls: { ...tls, server_name: 'other.example' } },
        [],
      ],
      [
        'wants ours',
        { url: await https('issued.pem', { requestCert: true, ca: pem('authority.pem') }), tls },
        [['certificate_own_refused', /wants a certificate of ours/]],
      ],
      [
        'gets ours',
        {
          url: await https('issued.pem', { requestCert: true, ca: pem('authority.pem') }),
          tls: { ...tls, cert: fixture('issued.pem'), key: fixture('key.pem') },
        },
        [],
      ],
      ['no TLS', { url: `https://127.0.0.1:${plain}/` }, [['tls_not_spoken', /speaks no TLS$/]]],
      ['closed', { url: `https://127.0.0.1:${await deadPort()}/` }, [['port_closed', /nobody listens/]]],
      ['no name', { url: 'https://crm.invalid/hook?token=hunter2' }, [['host_unknown', /crm\.invalid/]]],
      [
        'unsigned',
        { url: `http://127.0.0.1:${plain}/unsigned`, secret: undefined },
        [['secret_missing', /unsigned/]],
      ],
      ['weak', { url: `http://127.0.0.1:${plain}/weak`, secret: 'short' }, [['secret_weak', /has 5 bytes$/]]],
    ];
    const drachtio = await DrachtioServer.start();
    onTestFinished(() => drachtio.stop());
    const sip = [
      { name: 'sip-healthy', port: drachtio.port, secret: drachtio.secret },
      { name: 'sip-secret', port: drachtio.port, secret: 'hunter2' },
      { name: 'sip-http', port: plain, secret: 'hunter2' },
      { name: 'sip-closed', port: await deadPort(), secret: 'hunter2' },
    ];
    const config = writeConfig(temporaryFolder(), {
      sources: { sip },
      subscriptions: cases.map(([, subscription]) => ({ secret: SECRET, ...subscription })),
    });
    const diagnosis = await doctor(config, '--timeout', '2');
    for (const [what, { url }, wrong] of cases) {
      const found = bad(findingsOf(diagnosis, `Subscription ${url.replace('hunter2', '***')}`));
      expect(
        found.map(({ code, saw }) => [code, saw]),
        what,
      ).toEqual(wrong.map(([code, saw]) => [code, expect.stringMatching(saw)]));
    }
    expect(bad(findingsOf(diagnosis, 'PBX sip-healthy'))).toEqual([]);
    expect(findingsOf(diagnosis, 'PBX sip-secret')).toMatchObject([{ code: 'login_wrong_secret' }]);
    expect(findingsOf(diagnosis, 'PBX sip-http')).toMatchObject([
      { code: 'wrong_protocol', saw: expect.stringMatching(/it speaks HTTP$/) },
    ]);
    expect(findingsOf(diagnosis, 'PBX sip-closed')).toMatchObject([{ code: 'port_closed' }]);
    // Whoever waits for a PBX and gets HTTP asks once what it is.
    expect(asked).toEqual(['GET /']);
    expect(JSON.stringify(diagnosis)).not.toContain('hunter2');
  });

  test('of a running service, says what is wrong with its parts and its subscriptions', async () => {
    const folder = temporaryFolder();
    const receiver = await Receiver.start();
    onTestFinished(() => receiver.stop());
    const ahead = (response: ServerResponse, status: number, headers: object = {}): void =>
      void response
        .writeHead(status, { ...headers, Date: new Date(Date.now() + 600_000).toUTCString() })
        .end();
    const answers: Record<string, (response: ServerResponse) => void> = {
      '/healthy': (response) => response.writeHead(204).end(),
      '/gone': (response) => response.writeHead(410).end(),
      '/dead': (response) => response.writeHead(500).end('it broke'),
      '/secret': (response) => response.writeHead(401).end(),
      '/moved': (response) => response.writeHead(302, { Location: '/elsewhere' }).end(),
      '/ahead': (response) => ahead(response, 200),
    };
    receiver.behaviour = (response, request) => answers[request.url ?? '']?.(response);
    const paths = Object.keys(answers);
    const token = 'a-token-of-the-service';
    const webhooks = {
      api: { token, port: 0 },
      sources: { ami: { port: await deadPort(), username: 'webhooks', secret: 'change-me' } },
      subscriptions: paths.map((path) => ({ url: receiver.url(path), secret: SECRET, events: ['call.*'] })),
      network: { allow: ['127.0.0.1'] },
      store: { url: 'sqlite:webhooks.db' },
      max_retries: 1,
    };
    const lines = createRecorder<string>();
    const keep = (line: string): void => lines.add(line);
    const service = await startService(parseConfig(webhooks, { base: folder }), {
      logger: { ...silentLogger, info: keep, warn: keep, error: keep, isLevelEnabled: () => true },
    });
    onTestFinished(() => service.close());
    const api = createClient({ baseUrl: `${service.apiUrl}/api/webhooks`, token });
    await api.call('POST /', { body: { url: receiver.url('/of-the-api') } });
    await api.call('POST /events', { body: { event_type: 'call.ended', data: {} } });
    await Promise.all(
      paths.map((path) =>
        lines.first((line) => /delivered|failed after/.test(line) && line.includes(receiver.url(path))),
      ),
    );
    await lines.first((line) => /disabled/.test(line) && line.includes('/gone'));

    const port = Number(new URL(service.apiUrl ?? '').port);
    const config = writeConfig(folder, { ...webhooks, api: { token, port }, network: {} });
    const before = readdirSync(folder).sort();
    const diagnosis = await doctor(config, '--send-test', '--timeout', '5');
    const codes = (title: string): FindingCode[] => bad(findingsOf(diagnosis, title)).map(({ code }) => code);
    const of = (path: string): FindingCode[] => codes(`Subscription ${receiver.url(path)}`);
    expect(codes('Machine')).toEqual([]);
    expect(findingsOf(diagnosis, 'Machine')).toContainEqual(
      expect.objectContaining({
        code: 'database',
        saw: expect.stringContaining('in use by the running service'),
      }),
    );
    expect(codes('Service')).toEqual(['service_not_ready']);
    expect(codes('PBX main')).toEqual(['port_closed']);
    expect(of('/healthy')).toEqual([]);
    expect(of('/gone')).toEqual(['disabled_gone', 'dead_letters', 'test_not_found']);
    expect(of('/dead')).toEqual(['dead_letters', 'test_failed']);
    expect(of('/secret')).toEqual(['dead_letters', 'test_refused_signature']);
    expect(of('/moved')).toEqual(['dead_letters', 'test_redirected']);
    expect(of('/ahead')).toEqual(['clock_off']);
    const [refused, ...others] = bad(findingsOf(diagnosis, `Subscription ${receiver.url('/of-the-api')}`));
    expect(refused).toMatchObject({
      code: 'address_refused',
      fix: expect.stringMatching(/add "127\.0\.0\.1:\d+" to features\.webhooks\.network\.allow/),
    });
    expect(others.map(({ code }) => code)).toContain('secret_missing');
    expect(readdirSync(folder).sort()).toEqual(before);

    const stranger = writeConfig(folder, { ...webhooks, api: { token: 'another-token-than-its', port } });
    expect(bad(findingsOf(await doctor(stranger), 'Service'))).toMatchObject([{ code: 'api_token_refused' }]);
    const elsewhere = writeConfig(folder, { ...webhooks, api: { port: await deadPort() } });
    expect(bad(findingsOf(await doctor(elsewhere), 'Machine'))).toMatchObject([{ code: 'database_in_use' }]);
  });

  test('names what is wrong with the machine and the file, in marks that the terminal can show', async () => {
    const folder = temporaryFolder();
    const other = await listening(createHttpServer((_, response) => response.end('hello')));
    writeFileSync(join(folder, 'webhooks.db'), 'this is no database at all');
    const config = writeConfig(folder, {
      api: { port: other },
      sources: { ami: { username: 'webhooks', secret: 'change-me', port: await deadPort() } },
      voicemail: { spool: join(folder, 'none') },
    });
    const args = ['doctor', '--config', config, '--timeout', '1'];
    const { code, out } = await cli(args, { LANG: 'en_GB.UTF-8' });
    expect(code).toBe(1);
    expect(out).toMatch(/\n {2}✗ The database \S+ is damaged, or no database of pbx-webhooks/);
    expect(out).toMatch(/\n {4}do: It was left as it is: put a backup in its place/);
    expect(out).toMatch(/\n {2}✗ port \d+ is taken by another program/);
    expect(out).toMatch(/\n {2}✗ voicemail\.spool can’t be read/);
    expect(out).toMatch(/\n\n4 failed, 0 warnings, \d+ ok, 1 skipped$/);

    const below = writeConfig(folder, {
      store: { url: `sqlite:${config}/data/webhooks.db` },
      api: { enabled: false },
    });
    const ascii = await cli(['doctor', '--config', below], { LANG: 'C' });
    expect(ascii.out).toMatch(/\n {2}x \S+config\.yml is no folder, so that \S+ can't be made\n/);
    expect(ascii.out).not.toMatch(/[^\x20-\x7e\n]/);

    const invalid = writeConfig(folder, { timeout: 'soon', max_retries: -1 });
    const diagnosis = await doctor(invalid);
    expect(diagnosis.code).toBe(1);
    expect(diagnosis.sections).toHaveLength(1);
    expect(bad(findingsOf(diagnosis, 'Configuration')).map(({ code: each, saw }) => [each, saw])).toEqual([
      [
        'config_invalid',
        expect.stringMatching(/config\.yml:\d+:\d+: features\.webhooks\.timeout: expected a number/),
      ],
      ['config_invalid', expect.stringContaining('max_retries')],
    ]);
  });
});
