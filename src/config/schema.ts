/** The shape of `config.yml` and of a host's plugin options. Every key is here, also those of later work. */
import { z } from 'zod';
import { parseException } from '../delivery/address-exception.ts';
import { subscriptionListSchema } from '../subscription/rules.ts';
import { DEFAULT_EXTENSION_PATTERN } from '../telephony/options.ts';
import { LOG_FORMATS, LOG_LEVELS } from '../util/log-output.ts';
import { isLoopback } from '../util/loopback.ts';
import { storeUrlProblem } from './store-url.ts';

/** A CR, LF or NUL in what is sent to the PBX would be a second action. */
const line = z
  .string()
  .min(1)
  .refine((text) => !/\p{Cc}/u.test(text), 'must hold no line break or other control character');
const port = z.int().min(1).max(65_535);
const file = z.string().min(1);
const names = z.array(line);

const tlsSchema = z
  .strictObject({
    ca: file.optional().describe('Certificate authorities to trust instead of the system’s: a PEM file.'),
    cert: file.optional().describe('Our own certificate: a PEM file. Needs `key`.'),
    key: file.optional().describe('Its private key: a PEM file. Needs `cert`.'),
    server_name: line.optional().describe('Name that the PBX’s certificate must bear. Default: `host`.'),
  })
  .superRefine(
    ({ cert, key }, context) => {
      if ((cert === undefined) === (key === undefined)) return;
      const path = [cert === undefined ? 'key' : 'cert'];
      context.addIssue({ code: 'custom', message: 'needs `cert` and `key` together', path });
    },
    { when: isObject },
  );

const sourceName = z
  .string()
  .regex(/^[\w.-]{1,64}$/, 'must be a name of letters, digits, ".", "_" and "-", at most 64 characters')
  .describe('How events call this PBX (`data.pbx`); unique.');

const amiSchema = z.strictObject({
  name: sourceName.default('main'),
  host: line.default('127.0.0.1').describe('Name or address of the PBX.'),
  port: port.default(5038).describe('Port of its manager interface.'),
  username: line.describe('Section of manager.conf.'),
  secret: line.describe('Its `secret`.'),
  tls: z
    .union([z.boolean(), tlsSchema])
    .default(false)
    .describe(
      'true: TLS, the certificate checked by the system’s authorities. File paths count from this file.',
    ),
});

const sipUri = line.refine((uri) => /^sips?:[^@\s]+@\S+$/.test(uri), 'must be as sip:1001@registrar.example');

const followedSchema = z.strictObject({
  uri: sipUri.describe('Address of record: sip:1001@registrar.example.'),
  username: line.optional().describe('For a registrar that asks who subscribes.'),
  password: line.optional().describe('Its password.'),
  proxy: line.optional().describe('Where to send the subscription: sip:10.0.0.5. Default: where `uri` says.'),
});

const sipSchema = z.strictObject({
  name: sourceName.default('sip'),
  host: line.default('127.0.0.1').describe('Name or address of the drachtio-server.'),
  port: port.default(9022).describe('Its port for applications.'),
  secret: line
    .refine((secret) => !secret.includes('|'), 'must hold no "|", which ends it in drachtio’s protocol')
    .describe('Its `secret`.'),
  follow: z
    .array(followedSchema)
    .default([])
    .describe('Accounts of outside registrars whose registrations are followed (RFC 3680).'),
});

/** One, or a list. */
function listOf<Schema extends z.ZodType<{ readonly name: string }>>(schema: Schema) {
  return z
    .union([
      schema,
      z.array(schema).superRefine(refuseTakenNames, { when: ({ value }) => Array.isArray(value) }),
    ])
    .transform((sources): z.output<Schema>[] => (Array.isArray(sources) ? sources : [sources]));
}

/** Called with what could be read of the sources, so that a name that is taken is told beside other errors. */
function refuseTakenNames(
  sources: readonly ({ readonly name?: string } | null)[],
  context: z.core.$RefinementCtx,
): void {
  const taken = new Set<string>();
  for (const [index, source] of sources.entries()) {
    const name = source?.name;
    if (name !== undefined && taken.has(name)) {
      const message = `must be another one: a source before this has the name "${name}" (main, where none is given)`;
      context.addIssue({ code: 'custom', message, path: [index, 'name'] });
    } else if (name !== undefined) {
      taken.add(name);
    }
  }
}

const sourcesSchema = z
  .strictObject({
    ami: listOf(amiSchema).default([]).describe('Asterisk manager interfaces: one, or a list.'),
    sip: listOf(sipSchema).default([]).describe('drachtio-servers: one, or a list.'),
  })
  .superRefine(
    ({ ami, sip }, context) => {
      const taken = new Set([ami].flat().map((source) => source?.name));
      for (const [index, source] of [sip].flat().entries()) {
        if (!taken.has(source?.name)) continue;
        const message = `must be another one: one of sources.ami has the name "${source?.name}"`;
        context.addIssue({ code: 'custom', message, path: ['sip', index, 'name'] });
      }
    },
    { when: isObject },
  );

const callsSchema = z.strictObject({
  extension_pattern: z
    .string()
    .superRefine((pattern, context) => {
      try {
        new RegExp(pattern);
      } catch {
        context.addIssue({ code: 'custom', message: 'must be a regular expression such as ^\\d{2,6}$' });
      }
    })
    .default(DEFAULT_EXTENSION_PATTERN.source)
    .describe(
      'Regular expression: endpoints with such a name are extensions. A first group picks the extension from the name.',
    ),
  trunks: names.default([]).describe('Endpoints that lead outside although their names match.'),
  paging_extensions: names.default([]).describe('Numbers that page.'),
});

const voicemailSchema = z.strictObject({
  spool: file.describe(
    'Folder in which the PBX keeps its voicemail, as this machine sees it: tells what counts of messages leave out. ' +
      'A relative path counts from this file.',
  ),
  source: line
    .optional()
    .describe('Name of the `sources.ami` whose mailboxes these are. Default: the first of them.'),
});

const apiSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('false serves nothing.'),
    host: line
      .default('127.0.0.1')
      .describe('Address to listen on; any but this machine’s own needs a token.'),
    port: z.int().min(0).max(65_535).default(8080).describe('Port to listen on; 0 takes a free one.'),
    token: line
      .optional()
      .describe('Whoever bears it may do everything. Without one, only this machine is served.'),
  })
  .superRefine(
    ({ enabled, host, token }, context) => {
      if (enabled === false || token !== undefined || typeof host !== 'string' || isLoopback(host)) return;
      const message =
        'is reachable from other machines: set features.webhooks.api.token as well, or listen on 127.0.0.1';
      context.addIssue({ code: 'custom', message, path: ['host'] });
    },
    { when: isObject },
  );

const networkSchema = z.strictObject({
  allow: z
    .array(
      z.string().superRefine((text, context) => {
        const parsed = parseException(text);
        if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.message });
      }),
    )
    .max(1_000)
    .default([])
    .describe(
      'Receivers inside the network: 10.0.0.0/8, 10.1.2.3, [fd00::1]:8443, crm.lan, crm.lan:8443, *.lan. ' +
        'Hosts of `subscriptions` above need no entry.',
    ),
});

const storeSchema = z.strictObject({
  url: z
    .string()
    .superRefine((url, context) => {
      const message = storeUrlProblem(url);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .default('sqlite:./data/webhooks.db')
    .describe('sqlite:<path>; a relative path counts from this file.'),
  retention_days: z
    .number()
    .positive()
    .max(36_500)
    .default(30)
    .describe(
      'Days after which events and their ended deliveries are removed; never what waits, nor a dead letter.',
    ),
  max_size_mb: z
    .int()
    .min(1)
    .default(2048)
    .describe(
      'Megabytes in use above which the oldest that ended is removed before its time. The file never shrinks, and its ' +
        'write-ahead log takes up to 64 MB more.',
    ),
});

const webhooksKeys = z.strictObject({
  enabled: z.boolean().default(true).describe('false starts nothing.'),
  max_retries: z
    .int()
    .min(0)
    .max(1000)
    .default(3)
    .describe('Attempts in all for one delivery; 0 and 1: one attempt.'),
  retry_delay: z.number().min(0).max(86_400).default(5).describe('Seconds between attempts.'),
  timeout: z
    .number()
    .positive()
    .max(3600)
    .default(10)
    .describe('Seconds for one attempt, from connecting to the end of the response’s body.'),
  worker_threads: z
    .int()
    .min(0)
    .max(64)
    .default(2)
    .describe('Threads that sign and send; 0 sends on the main thread.'),
  subscriptions: subscriptionListSchema.default([]).describe('Where events go, and which.'),
  sources: sourcesSchema.prefault({}).describe('Where events come from.'),
  calls: callsSchema.prefault({}).describe('How devices and numbers are told apart.'),
  voicemail: voicemailSchema.optional().describe('Where messages can be looked at. Default: nowhere.'),
  api: apiSchema.prefault({}).describe('REST API.'),
  network: networkSchema.prefault({}).describe('Where subscriptions of the API may lead.'),
  store: storeSchema.prefault({}).describe('Where events and deliveries are kept.'),
});

/** What stands under `features.webhooks`, and what a host may give as plugin options. */
export const webhooksSchema = webhooksKeys.superRefine(
  ({ sources, voicemail }, context) => {
    const name = voicemail?.source;
    // Where another key is wrong this may be the mapping as it stands in the file.
    const ami = [sources?.ami].flat();
    if (typeof name !== 'string' || ami.some((source) => (source?.name ?? 'main') === name)) return;
    const message = 'must be the name of one of `sources.ami`';
    context.addIssue({ code: 'custom', message, path: ['voicemail', 'source'] });
  },
  { when: isObject },
);

/** Of the whole file what says where the API is; all else may be anything. */
export const apiOnlySchema = z.object({
  features: z.object({ webhooks: z.object({ api: apiSchema.prefault({}) }).prefault({}) }).prefault({}),
});

/** The whole file. */
export const configSchema = z.strictObject({
  features: z
    .strictObject({ webhooks: webhooksSchema.optional().describe('All that this program does.') })
    .optional()
    .describe('Without `features.webhooks` nothing is started.'),
  logging: z
    .strictObject({
      level: z.enum(LOG_LEVELS).default('info').describe('The least urgent level that is written.'),
      format: z
        .enum(LOG_FORMATS)
        .default('json')
        .describe('json: one object a line. text: 2025-12-07 12:00:00 - PBX - INFO - …'),
    })
    .prefault({})
    .describe('The log, on standard output.'),
});

/** Rules between keys are checked also where one of the keys has an error of its own: all errors come at once. */
function isObject({ value }: z.core.ParsePayload): boolean {
  return typeof value === 'object' && value !== null;
}
