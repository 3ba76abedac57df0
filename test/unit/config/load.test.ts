import { chmodSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig, parseConfig } from '../../../src/config/load.ts';
import { configFile, errorsOf, load, refusal, temporaryDirectory, webhooks } from './config-file.ts';

describe('a configuration file', () => {
  test('has the guide’s defaults for all that is left out', () => {
    const file = configFile(webhooks('enabled: true'));
    expect(loadConfig(file, {})).toEqual({
      logging: { level: 'info', format: 'json' },
      webhooks: {
        enabled: true,
        maxAttempts: 3,
        retryDelay: 5,
        timeout: 10,
        workerThreads: 2,
        subscriptions: [],
        ami: [],
        sip: [],
        calls: { extensionPattern: /^\d{2,6}$/, trunks: [], pagingExtensions: [] },
        api: { enabled: true, host: '127.0.0.1', port: 8080 },
        network: { allow: [] },
        storePath: join(dirname(file), 'data/webhooks.db'),
        retentionDays: 30,
        maxSizeMb: 2048,
      },
    });
  });

  test('may have no features.webhooks: then there is nothing to start', () => {
    expect(load('logging: { level: warn }').webhooks).toBeUndefined();
    expect(load('features: {}').webhooks).toBeUndefined();
  });

  test('is frozen all through', () => {
    const { webhooks: loaded } = load(webhooks('sources: { ami: { username: u, secret: s } }'));
    expect(() => Object.assign(loaded?.api ?? {}, { port: 1 })).toThrow(TypeError);
    expect(Object.isFrozen(loaded?.ami[0])).toBe(true);
  });

  test('has drachtio-servers with their defaults', () => {
    const { webhooks: loaded } = load(
      webhooks('sources: { sip: { secret: s, follow: [{ uri: sip:1@r.example }] } }'),
    );
    expect(loaded?.sip).toEqual([
      { name: 'sip', host: '127.0.0.1', port: 9022, secret: 's', follow: [{ uri: 'sip:1@r.example' }] },
    ]);
  });

  test.each([
    [0, 1],
    [1, 1],
    [5, 5],
  ])('with max_retries: %i makes %i attempts in all', (configured, attempts) => {
    expect(load(webhooks(`max_retries: ${configured}`)).webhooks?.maxAttempts).toBe(attempts);
  });

  test('names one AMI source without a list, main by default', () => {
    const ami = load(webhooks('sources: { ami: { username: u, secret: s } }')).webhooks?.ami;
    expect(ami).toEqual([
      { name: 'main', host: '127.0.0.1', port: 5038, username: 'u', secret: 's', tls: false },
    ]);
  });

  test('lists several AMI sources', () => {
    const text = webhooks(
      'sources:',
      '  ami:',
      '    - { name: a, host: 10.0.0.1, username: u, secret: s }',
      '    - { name: b, host: 10.0.0.2, username: u, secret: s, tls: true }',
    );
    expect(load(text).webhooks?.ami.map(({ name, tls }) => [name, tls])).toEqual([
      ['a', false],
      ['b', true],
    ]);
  });

  test('reads the voicemail spool of the first AMI source, or of a named one', () => {
    const sources =
      'sources: { ami: [{ name: a, username: u, secret: s }, { name: b, username: u, secret: s }] }';
    const file = configFile(webhooks(sources, 'voicemail: { spool: ./spool }'));
    expect(loadConfig(file, {}).webhooks?.voicemail).toEqual({ spool: join(dirname(file), 'spool') });
    expect(load(webhooks(sources, 'voicemail: { spool: /s, source: b }')).webhooks?.voicemail).toEqual({
      spool: '/s',
      source: 'b',
    });
  });

  test('may use anchors and merge keys', () => {
    const text = webhooks(
      'sources:',
      '  ami:',
      '    - &first { name: a, username: u, secret: s }',
      '    - { <<: *first, name: b, host: 10.0.0.2 }',
    );
    expect(load(text).webhooks?.ami[1]).toMatchObject({ name: 'b', username: 'u', host: '10.0.0.2' });
  });

  test.each([
    ['sqlite:/var/lib/w.db', '/var/lib/w.db'],
    ['sqlite:///var/lib/w.db', '/var/lib/w.db'],
  ])('stores at %s', (url, path) => {
    expect(load(webhooks(`store: { url: "${url}" }`)).webhooks?.storePath).toBe(path);
  });
});

describe('a file that can’t be read', () => {
  test('that is not there', () => {
    const path = join(temporaryDirectory(), 'none.yml');
    expect(refusal(() => loadConfig(path)).message).toBe(
      `${path}: expected a readable file, got no file of that name`,
    );
  });

  test('that is a directory', () => {
    const path = temporaryDirectory();
    expect(refusal(() => loadConfig(path)).message).toBe(
      `${path}: expected a readable file, got a directory`,
    );
  });

  test('that this user may not read', () => {
    const path = configFile('');
    chmodSync(path, 0o000);
    const { message } = asOrdinaryUser(() => refusal(() => loadConfig(path)));
    expect(message).toContain('got one that this user may not read');
  });

  test.each([
    ['empty', '', 'expected a configuration, got an empty file'],
    ['only comments', '# nothing\n', 'expected a configuration, got an empty file'],
    ['not UTF-8', Buffer.from([0x61, 0x3a, 0xff, 0xfe]), 'expected UTF-8 text, got other bytes'],
    ['no mapping', '- a\n', '1:1: expected a mapping (key: value), got a list'],
  ])('that is %s', (_, text, message) => {
    expect(errorsOf(text)).toEqual([message]);
  });
});

describe('bad YAML', () => {
  test.each([
    ['a tab', 'features:\n\twebhooks: {}\n', '2:1: expected spaces as indentation, got a tab'],
    ['an open bracket', 'features: [1, 2\nlogging: {}\n', '2:1: expected keys of one level indented alike'],
    ['an open quote', 'a: "hunter2\nb: 1\n', '3:1: expected a closing quote or bracket'],
    ['a second document', 'logging: {}\n---\nlogging: {}\n', '2:1: expected one YAML document'],
    ['a key twice', 'logging: {}\nlogging: {}\n', '2:1: expected each key once, got the same key again'],
    ['an alias without anchor', 'logging: *hunter2\n', '1:10: expected an anchor'],
    ['a tag', 'logging: !hunter2 x\n', '1:10: expected no YAML tag'],
    ['an alias within itself', 'logging: &a { level: *a }\n', '1:22: expected an alias of something else'],
    ['a mapping as key', '? { a: 1 }\n: 1\n', '1:3: expected a key that is a plain word'],
    [
      'a variable without quotes in braces',
      `logging: { level: \${L} }\n`,
      `1:20: expected "\${NAME}" in quotes`,
    ],
  ])('%s is told with its place', (_, text, beginning) => {
    const [first = ''] = errorsOf(text);
    expect(first.slice(0, beginning.length)).toBe(beginning);
    expect(first).not.toContain('hunter2');
  });

  test('is told once, not again for all that follows from it', () => {
    expect(errorsOf(`logging: { level: \${L}, format: json }\nfeatures:\n  webhooks: {}\n`)).toHaveLength(1);
  });

  test('a key twice does not hide what else is wrong', () => {
    expect(errorsOf('logging: {}\nlogging: { level: loud }\n')).toEqual([
      '2:1: expected each key once, got the same key again (remove one of the two)',
      '2:19: logging.level: expected debug or info or warn or error, got "loud"',
    ]);
  });

  test('a billion laughs are refused at once', () => {
    const levels = Array.from({ length: 9 }, (_, level) => {
      const below = level === 0 ? '"ha"' : `*l${level - 1}`;
      return `l${level}: &l${level} [${Array(9).fill(below).join(', ')}]`;
    });
    expect(errorsOf(`${levels.join('\n')}\n`)).toEqual(['1:1: expected at most 100 aliases, got more']);
  });
});

describe('a wrong key or value', () => {
  test.each([
    ['max_retries: three', 'features.webhooks.max_retries: expected a number, got "three"'],
    ['max_retries: "3"', 'features.webhooks.max_retries: expected a number, got "3"'],
    ['max_retries: 1.5', 'features.webhooks.max_retries: expected a whole number, got 1.5'],
    ['retry_delay: -1', 'features.webhooks.retry_delay: expected a number of at least 0, got -1'],
    ['timeout: 0', 'features.webhooks.timeout: expected a number above 0, got 0'],
    ['timeout: .inf', 'features.webhooks.timeout: expected a number, got Infinity'],
    ['enabled: yes', 'features.webhooks.enabled: expected true or false, got "yes"'],
    ['subscriptions: {}', 'features.webhooks.subscriptions: expected a list, got a mapping'],
    ['subscriptions:', 'features.webhooks.subscriptions: expected a list, got nothing (an empty value)'],
    ['api: { port: 99999 }', 'features.webhooks.api.port: expected a number of at most 65535, got 99999'],
    [
      'timout: 5',
      'features.webhooks.timout: expected a known key, got the unknown key "timout" (did you mean "timeout"?)',
    ],
    [
      'store: { url: "postgres://u:hunter2@h/d" }',
      'features.webhooks.store.url: must be sqlite:<path> (PostgreSQL is not supported yet); got "postgres://***@h/d"',
    ],
    [
      'store: { url: "sqlite::memory:" }',
      'features.webhooks.store.url: must be sqlite:<path> of a file: what is only in memory is lost with the process; got "sqlite::memory:"',
    ],
    [
      'store: { url: "data.db" }',
      'features.webhooks.store.url: must be sqlite:<path>, such as sqlite:./data/webhooks.db; got "data.db"',
    ],
    [
      'calls: { extension_pattern: "(" }',
      'features.webhooks.calls.extension_pattern: must be a regular expression such as ^\\d{2,6}$; got "("',
    ],
    [
      'api: { host: 0.0.0.0 }',
      'features.webhooks.api.host: is reachable from other machines: set features.webhooks.api.token as well, or listen on 127.0.0.1; got "0.0.0.0"',
    ],
    [
      'sources: { ami: { username: u, secret: s, tls: maybe } }',
      'features.webhooks.sources.ami.tls: expected true or false, or a mapping (key: value), got "maybe"',
    ],
    [
      'sources: { ami: { username: u, secret: s, tls: { cert: a.pem } } }',
      'features.webhooks.sources.ami.tls.cert: needs `cert` and `key` together; got "a.pem"',
    ],
    [
      'sources: { ami: { username: u, secret: s, tls: { ca: none.pem } } }',
      /^features\.webhooks\.sources\.ami\[0\]\.tls\.ca: expected a readable PEM file, got ENOENT/,
    ],
    [
      'sources: { ami: { username: "u\\r\\nAction: x", secret: s } }',
      'features.webhooks.sources.ami.username: must hold no line break or other control character; got "u\\r\\nAction: x"',
    ],
    [
      'sources: { ami: { secret: s } }',
      'features.webhooks.sources.ami.username: expected a text, got nothing',
    ],
    [
      'sources: { ami: { username: u, secret: s, name: x }, sip: { secret: s, name: x } }',
      /sip\[0\]\.name: must be another one/,
    ],
    [
      'sources: { sip: { secret: "a|b" } }',
      'features.webhooks.sources.sip.secret: must hold no "|", which ends it in drachtio’s protocol; got a text (not shown)',
    ],
    ['sources: { sip: { secret: s, follow: [{ uri: 1001 }] } }', /sip\.follow\[0\]\.uri/],
    [
      'sources: { ami: [{ username: u, secret: s }, { username: v, secret: t }] }',
      /ami\[1\]\.name: must be another one/,
    ],
  ])('%s', (line, message) => {
    const [first = '', ...others] = errorsOf(webhooks(line)).map((one) => one.replace(/^\d+:\d+: /, ''));
    if (typeof message === 'string') expect(first).toBe(message);
    else expect(first).toMatch(message);
    expect(others).toEqual([]);
  });

  test.each([
    ['url: ftp://x.example/', /url: must be an absolute http or https URL/],
    ['url: "https://u:hunter2@x.example/"', /url: must not hold credentials/],
    [
      'url: https://x.example/, events: [call.strated]',
      /events\[0\]: "call\.strated" is not an event type; did you mean call\.started/,
    ],
    ['url: https://x.example/, events: []', /events: is empty/],
    ['url: https://x.example/, headers: { X-A: "hunter2\\r\\nX-B: 1" }', /headers\.X-A: .*CR, LF or NUL/],
    ['url: https://x.example/, headers: { host: hunter2 }', /headers\.host: the header host can't be set/],
    ['url: https://x.example/, headers: { Webhook-Signature: hunter2 }', /can't be set/],
    ['url: https://x.example/, secret: 12345678', /secret: expected a text, got a number$/],
    ['url: https://x.example/, secret: "whsec_hunter2"', /secret: .*base64/],
  ])('of a subscription: { %s }', (entry, message) => {
    const errors = errorsOf(webhooks(`subscriptions: [{ ${entry} }]`));
    expect(errors).toEqual([expect.stringMatching(message)]);
    expect(errors.join()).not.toMatch(/hunter2|12345678/);
  });

  test('two subscriptions of one URL, however it is spelt', () => {
    const text = webhooks(
      'subscriptions:',
      '  - url: https://x.example/a',
      '  - url: https://X.example:443/a',
    );
    expect(errorsOf(text)).toEqual([
      expect.stringMatching(/^5:14: .*subscriptions\[1\]\.url: is the URL of entry 1/),
    ]);
  });

  test.each([
    ['filter: { direction: [sideways] }', 'filter.direction[0]'],
    ['retry: { preset: eager }', 'retry.preset'],
    ['retry: { preset: persistent, delay: 1 }', 'retry'],
    ['timeout: 0', 'timeout'],
    ['max_age: -1', 'max_age'],
    ['ordering: strict', 'ordering'],
    ['concurrency: 0', 'concurrency'],
    ['rate_limit: 0', 'rate_limit'],
    ['batch: { max_events: 0 }', 'batch.max_events'],
    ['format: xml', 'format'],
    ['template: fax', 'template'],
    ['transform: ""', 'transform'],
    ['tls: { cert: a.pem }', 'tls'],
  ])('%s of a subscription is refused, with where it stands', (line, path) => {
    const text = webhooks('subscriptions:', '  - url: https://x.example/', `    ${line}`);
    expect(errorsOf(text)).toEqual([expect.stringContaining(`features.webhooks.subscriptions[0].${path}: `)]);
  });

  test('network.allow, with which entry is wrong and how to write it', () => {
    const text = webhooks('network:', '  allow: [10.0.0.0/8, crm.lan:8443, "http://crm.lan", 10.0.0.0/64]');
    expect(errorsOf(text)).toEqual([
      expect.stringContaining('features.webhooks.network.allow[2]: must be a host without scheme'),
      expect.stringContaining('features.webhooks.network.allow[3]: must be a network such as "10.0.0.0/8"'),
    ]);
  });

  test('a file that a subscription’s tls names and that is not there', () => {
    const text = webhooks('subscriptions:', '  - { url: https://x.example/, tls: { ca: none.pem } }');
    expect(errorsOf(text)).toEqual([
      expect.stringMatching(/subscriptions\[0\]\.tls\.ca: .*a readable PEM file/),
    ]);
  });

  test('a voicemail spool of a source that there is not', () => {
    const sources = 'sources: { ami: { username: u, secret: s } }';
    expect(errorsOf(webhooks(sources, 'voicemail: { spool: /s, source: other }'))).toEqual([
      expect.stringMatching(
        /^4:\d+: features.webhooks.voicemail.source: must be the name of one of `sources.ami`/,
      ),
    ]);
    expect(errorsOf(webhooks(sources, 'voicemail: { folder: /s }'))).toHaveLength(2);
  });

  test('are told all at once, in the order of the file, each with its place', () => {
    const text = webhooks(
      'max_retries: x',
      'subscriptions:',
      '  - url: nowhere',
      `    secret: "\${NOT_SET}"`,
      '  - { url: https://x.example/, evnts: [] }',
      'sources: { ami: { port: 0 } }',
    );
    expect(errorsOf(text).map((line) => line.split(': ').slice(0, 2).join(' '))).toEqual([
      '3:18 features.webhooks.max_retries',
      '5:14 features.webhooks.subscriptions[0].url',
      '6:17 features.webhooks.subscriptions[0].secret',
      '7:36 features.webhooks.subscriptions[1].evnts',
      '8:16 features.webhooks.sources.ami.username',
      '8:16 features.webhooks.sources.ami.secret',
      '8:29 features.webhooks.sources.ami.port',
    ]);
  });

  test('come as data with file, line, column, path, expected and got', () => {
    const file = configFile(webhooks('timeout: soon'));
    expect(refusal(() => loadConfig(file)).issues).toEqual([
      {
        file,
        line: 3,
        column: 14,
        path: 'features.webhooks.timeout',
        expected: 'a number',
        got: '"soon"',
        message: 'expected a number, got "soon"',
      },
    ]);
  });
});

describe('the environment', () => {
  const secretOf = (secret: string, environment: Record<string, string>) =>
    load(webhooks(`sources: { ami: { username: u, secret: '${secret}' } }`), environment).webhooks?.ami[0]
      ?.secret;

  test.each([
    [`\${S}`, { S: 'hunter2' }, 'hunter2'],
    [`a-\${S}-\${T}`, { S: '1', T: '2' }, 'a-1-2'],
    [`\${S:-none}`, {}, 'none'],
    [`\${S:-none}`, { S: '' }, 'none'],
    [`\${S:-a:-b $x}`, {}, 'a:-b $x'],
    [`\${S}`, { S: `\${T}` }, `\${T}`],
    [`$\${S}`, { S: 'x' }, `\${S}`],
    ['$S $$ {S}', { S: 'x' }, '$S $$ {S}'],
    [`\${S}`, { S: '12345' }, '12345'],
    [`\${S}`, { S: 'true' }, 'true'],
  ])('fills %s', (text, environment, expected) => {
    expect(secretOf(text, environment)).toBe(expected);
  });

  test('gives a number, true or false where only those will do', () => {
    const text = webhooks(
      `enabled: \${ON}`,
      `api: { port: "\${PORT}" }`,
      `sources: { ami: { username: u, secret: s, tls: "\${TLS}" } }`,
    );
    const loaded = load(text, { ON: 'false', PORT: '9090', TLS: 'true' }).webhooks;
    expect([loaded?.enabled, loaded?.api.port, loaded?.ami[0]?.tls]).toEqual([false, 9090, true]);
  });

  test('names a variable that is not set', () => {
    expect(errorsOf(webhooks(`sources: { ami: { username: u, secret: "\${AMI_SECRET}" } }`))).toEqual([
      `3:44: features.webhooks.sources.ami.secret: expected the environment variable AMI_SECRET, got none of that name (set AMI_SECRET, or write \${AMI_SECRET:-default})`,
    ]);
  });

  test.each([`\${}`, `\${1A}`, `\${A B}`, `\${A-x}`, `pass\${word`, `\${A:-\${B}}`])('refuses %s', (text) => {
    const errors = errorsOf(webhooks(`sources: { ami: { username: u, secret: '${text}' } }`), {
      A: 'x',
      B: 'y',
    });
    expect(errors).toEqual([expect.stringContaining(`secret: expected \${NAME} or \${NAME:-default}`)]);
    expect(errors.join()).not.toContain('word');
  });

  test('never shows what a variable holds', () => {
    const text = webhooks(`timeout: \${T}`, `subscriptions: [{ url: "\${T}" }]`, `api: { host: "\${T}" }`);
    const errors = errorsOf(text, { T: 'hunter2' });
    expect(errors).toHaveLength(3);
    expect(errors.join()).not.toContain('hunter2');
    expect(errors[0]).toContain(`expected a number, got what \${T} holds`);
  });

  test('has no inherited variables', () => {
    expect(errorsOf(webhooks(`api: { token: "\${toString}" }`))).toHaveLength(1);
  });
});

describe('options of a host', () => {
  test('have the keys under features.webhooks, and the same rules', () => {
    expect(parseConfig({ max_retries: 7 }, { base: '/srv' })).toMatchObject({
      maxAttempts: 7,
      storePath: '/srv/data/webhooks.db',
    });
    expect(refusal(() => parseConfig({ max_retries: 'x', subscriptions: [{ url: 'x' }] })).message).toBe(
      'max_retries: expected a number, got "x"\n' +
        'subscriptions[0].url: must be an absolute http or https URL without spaces, such as https://example.com/hook; got "x"',
    );
  });

  test('may refer to the environment', () => {
    expect(parseConfig({ api: { token: `\${T}` } }, { environment: { T: 'x' } }).api.token).toBe('x');
  });

  test.each([[null], [5], ['x'], [[]]])('%j is refused', (options) => {
    expect(refusal(() => parseConfig(options)).issues).toHaveLength(1);
  });
});

test('the directory of the file is what relative paths count from', () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'etc'));
  const file = configFile(webhooks('store: { url: "sqlite:../x.db" }'));
  expect(loadConfig(file).webhooks?.storePath).toBe(join(dirname(dirname(file)), 'x.db'));
});

/** root may read everything: for the time of `act` it is nobody. */
function asOrdinaryUser<T>(act: () => T): T {
  if (process.geteuid?.() !== 0) return act();
  process.seteuid?.(65_534);
  try {
    return act();
  } finally {
    process.seteuid?.(0);
  }
}
