import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { webhooksSchema } from '../../src/config/schema.ts';
import { subscriptionSchema } from '../../src/subscription/rules.ts';
import { eventsOf, factsOf, optionsOf, readPackets } from '../support/ami-stream.ts';
import { temporaryFolder } from '../support/cli.ts';
import { type Fence, fencesIn, fencesOf } from '../support/docs.ts';
import { differences, readExpectation } from '../support/expectation.ts';

const CERTIFICATE = join(process.cwd(), 'test/fixtures/tls/authority.pem');

const place = ({ file, line, text }: Fence) => ({ name: `${file}:${line}`, text });

/** What docs/api.md shows elsewhere: `{ … Subscription }`. */
const ELISION = /\{ … \w+ \}/g;

test.each(fencesIn('json').map(place))('$name is JSON', ({ text }) => {
  expect(() => JSON.parse(text.replaceAll(ELISION, '{}'))).not.toThrow();
});

/** Files of other programs. */
const OTHERS = [/^scrape_configs:/, /^groups:/];

const isOther = ({ text }: Fence): boolean => OTHERS.some((other) => other.test(text));
const yaml = fencesIn('yaml');

test.each(yaml.filter(isOther).map(place))('$name is YAML', ({ text }) => {
  expect(parse(text)).toBeTypeOf('object');
});

test.each(yaml.filter((fence) => !isOther(fence)).map(place))(
  '$name loads as a configuration, whole or where it belongs',
  ({ text }) => {
    const file = join(temporaryFolder(), 'config.yml');
    writeFileSync(file, JSON.stringify(wholeConfig(parse(text))));
    expect(() => loadConfig(file, environmentOf(text))).not.toThrow();
  },
);

/** A part of a file in its place; certificates that are named are those of the tests. */
function wholeConfig(value: unknown): unknown {
  const keys = Object.keys(value ?? {});
  const named = JSON.parse(JSON.stringify(value), (key, one) =>
    ['ca', 'cert', 'key'].includes(key) && typeof one === 'string' ? CERTIFICATE : one,
  );
  if (keys.every((key) => ['features', 'logging'].includes(key))) return named;
  if (keys.every((key) => key in webhooksSchema.shape))
    return { features: { webhooks: besideSources(named) } };
  if (keys.every((key) => ['ami', 'sip'].includes(key)))
    return { features: { webhooks: { sources: named } } };
  if (keys.every((key) => key in subscriptionSchema.shape)) {
    const subscription = { url: 'https://crm.example.com/hook', ...named };
    return { features: { webhooks: { subscriptions: [subscription] } } };
  }
  throw new Error(`where do ${keys.join(', ')} belong?`);
}

/** `voicemail.source` names a source. */
function besideSources(webhooks: Readonly<Record<string, unknown>>): object {
  const ami = { name: 'main', username: 'webhooks', secret: 's' };
  return { ...('voicemail' in webhooks && { sources: { ami } }), ...webhooks };
}

function environmentOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => [name, 'x']));
}

test('the expectation that CONTRIBUTING.md shows is what its recording gives', () => {
  const shown = fencesOf('CONTRIBUTING.md').find(({ language }) => language === 'json');
  const file = join(temporaryFolder(), 'expectation.json');
  writeFileSync(file, shown?.text ?? '');
  const expected = readExpectation(file);
  const events = eventsOf(
    factsOf(readPackets(`test/fixtures/ami/22/${expected.name}.ami`)),
    optionsOf(expected),
  );
  expect(differences(expected, events)).toEqual([]);
});
