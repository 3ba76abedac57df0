import { Claims } from './claims.ts';
import type { AmiConfig, CallsConfig, WebhooksConfig } from './config/config.ts';
import type { Engine } from './delivery/engine.ts';
import type { PbxName } from './model/ids.ts';
import type { Memo } from './model/memo.ts';
import { Pipeline } from './pipeline.ts';
import { createAmiSource } from './source/ami/source.ts';
import { createSipSource } from './source/sip/source.ts';
import type { Source } from './source/source.ts';
import { withVoicemailSpool } from './source/voicemail-spool/source.ts';
import { createTracker, type Tracker } from './telephony/tracker.ts';
import { type Clock, micro } from './util/clock.ts';
import type { Logger } from './util/log.ts';

/** A source, and the PBX that it tells of: of several sources of one PBX, one alone tells a call. */
export interface WatchedSource {
  readonly source: Source;
  readonly pbx: PbxName;
}

export interface Watching {
  readonly watched: readonly WatchedSource[];
  readonly calls: CallsConfig;
  /** What earlier runs remembered. */
  readonly memos: readonly Memo[];
  readonly engine: Pick<Engine, 'publishAll'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The sources of the configuration. */
export function configuredSources(
  { ami, sip, calls, voicemail }: WebhooksConfig,
  { clock, logger }: Pick<Watching, 'clock' | 'logger'>,
): readonly WatchedSource[] {
  const spoolOf = voicemail?.source ?? ami[0]?.name;
  const ofAsterisk = ami.map((config) => {
    const spool = config.name === spoolOf ? voicemail?.spool : undefined;
    const source = amiSource(config, { listsMailboxes: spool === undefined, clock, logger });
    return spool === undefined ? source : withVoicemailSpool(source, { spool, clock, logger });
  });
  const ofDrachtio = sip.map(({ name, ...config }) =>
    createSipSource({ ...config, name: name as PbxName, calls, clock, logger }),
  );
  return [...ofAsterisk, ...ofDrachtio].map((source) => ({ source, pbx: source.name }));
}

function amiSource(
  { name, ...ami }: AmiConfig,
  options: Pick<Watching, 'clock' | 'logger'> & { readonly listsMailboxes: boolean },
): Source {
  return createAmiSource({ ...ami, name: name as PbxName, ...options });
}

/** From each source to the engine. */
export function pipelinesOf(watching: Watching): readonly Pipeline[] {
  const { watched, memos } = watching;
  return [...Map.groupBy(watched, ({ pbx }) => pbx).values()].flatMap((ofPbx) => {
    const names = ofPbx.map(({ source }) => source.name);
    const claims = names.length > 1 ? new Claims(names, memos) : undefined;
    return ofPbx.map((one) => pipelineOf(one, claims, watching));
  });
}

function pipelineOf(
  { source, pbx }: WatchedSource,
  claims: Claims | undefined,
  watching: Watching,
): Pipeline {
  const { engine, clock, logger } = watching;
  const { name } = source;
  return new Pipeline({
    source,
    tracker: trackerOf(name, pbx, watching),
    publish: (events, memos) =>
      engine.publishAll(
        claims?.pass(events, name) ?? events,
        (claims?.kept(memos, name) ?? memos).map((memo) => (name === pbx ? memo : { ...memo, pbx: name })),
      ),
    clock,
    logger,
  });
}

/** @param name under which its memos are kept, as another source may tell of the same PBX. */
function trackerOf(name: PbxName, pbx: PbxName, { calls, memos, logger }: Watching): Tracker {
  const own = memos.filter((memo) => memo.pbx === name);
  const tracker = createTracker({ pbx, ...calls }, own);
  if (tracker.unreadable.length > 0) {
    logger.warn(
      `${name}: ${tracker.unreadable.length} things that an earlier run remembered can't be read and are left out: ` +
        tracker.unreadable.slice(0, 10).join(', '),
    );
  }
  return tracker;
}

/** What the name of a further source of one PBX ends with. */
const PART = /\.(?:srf|events)$/;

/** Calls of a PBX that is no longer watched end: nobody will ever tell their end. */
export async function endForgotten({ watched, calls, memos, engine, clock }: Watching): Promise<void> {
  const names = new Set<string>(watched.map(({ source }) => source.name));
  const forgotten = Map.groupBy(memos, ({ pbx }) => pbx);
  for (const [source, own] of forgotten) {
    if (names.has(source)) continue;
    const pbx = source.replace(PART, '') as PbxName;
    // By whatever clock its calls began.
    const since = micro(Number.POSITIVE_INFINITY);
    const events = createTracker({ pbx, ...calls }, own).apply({
      kind: 'pbx.up_since',
      at: clock.now(),
      since,
    });
    await engine.publishAll(
      events,
      own.map((memo) => ({ ...memo, state: null })),
    );
  }
}
