import type { AmiConfig, WebhooksConfig } from './config/config.ts';
import type { PbxName } from './model/ids.ts';
import { createAmiSource } from './source/ami/source.ts';
import { createHostSipSource } from './source/sip/host-source.ts';
import { createSipSource } from './source/sip/source.ts';
import type { Source } from './source/source.ts';
import { withVoicemailSpool } from './source/voicemail-spool/source.ts';
import type { Clock } from './util/clock.ts';
import type { Logger } from './util/log.ts';

interface Parts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** A host's drachtio-srf, to be watched as well. */
  readonly hostSrf?: object | undefined;
}

/** Whatever a configuration and a host have us watch. Throws the HostSrfError of what is no drachtio-srf. */
export function createSources(config: WebhooksConfig, parts: Parts): readonly Source[] {
  const { clock, logger, hostSrf } = parts;
  const { calls } = config;
  const configured = [
    ...config.ami.map((ami) => amiSource(ami, config, parts)),
    ...config.sip.map(({ name, ...sip }) =>
      createSipSource({ ...sip, name: name as PbxName, calls, clock, logger }),
    ),
  ];
  if (hostSrf === undefined) return configured;
  const isTaken = configured.some(({ name }) => name === 'host');
  const name = (isTaken ? 'host-srf' : 'host') as PbxName;
  return [...configured, createHostSipSource(hostSrf, { name, calls, clock, logger })];
}

function amiSource({ name, ...ami }: AmiConfig, config: WebhooksConfig, { clock, logger }: Parts): Source {
  const { voicemail } = config;
  const spool = name === (voicemail?.source ?? config.ami[0]?.name) ? voicemail?.spool : undefined;
  const listsMailboxes = spool === undefined;
  const source = createAmiSource({ ...ami, name: name as PbxName, listsMailboxes, clock, logger });
  return spool === undefined ? source : withVoicemailSpool(source, { spool, clock, logger });
}
