import type { PbxName } from '../../model/ids.ts';
import type { Fact } from '../../telephony/facts.ts';
import { type Clock, systemClock } from '../../util/clock.ts';
import { reasonOf } from '../../util/error.ts';
import { type Logger, silentLogger } from '../../util/log.ts';
import type { Source, SourceCounts, SourceHealth } from '../source.ts';
import { type HostSrf, hostSrfOf, type SrfClient } from './host-srf.ts';
import type { PartyOptions } from './party.ts';
import { Watch } from './watch.ts';

export interface HostSipSourceOptions {
  readonly name: PbxName;
  readonly calls: PartyOptions;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/**
 * Watches what a host's drachtio-srf and its server say to each other, and takes no part in it: no route, no layer, no
 * listener that changes an answer. Throws a HostSrfError for what is no Srf.
 */
export function createHostSipSource(srf: object, options: HostSipSourceOptions): Source {
  return new HostSipSource(hostSrfOf(srf), options);
}

class HostSipSource implements Source {
  readonly name: PbxName;
  readonly #srf: HostSrf;
  readonly #options: HostSipSourceOptions;
  #watch: Watch | undefined;

  constructor(srf: HostSrf, options: HostSipSourceOptions) {
    this.name = options.name;
    this.#srf = srf;
    this.#options = options;
  }

  start(onFact: (fact: Fact) => void): void {
    const { name, calls, clock = systemClock, logger = silentLogger } = this.#options;
    this.#watch ??= new Watch({ name, calls, clock, logger, fromRecords: false, onFact });
    this.#srf.on('connect', this.#onConnect);
    this.#srf.on('close', this.#onClose);
    this.#attach();
  }

  stop(): Promise<void> {
    this.#srf.removeListener('connect', this.#onConnect);
    this.#srf.removeListener('close', this.#onClose);
    this.#watch?.stop();
    return Promise.resolve();
  }

  health(): SourceHealth {
    return this.#watch?.health ?? { state: 'stopped' };
  }

  counts(): SourceCounts {
    return this.#watch?.counts ?? { received: 0, unseenMs: 0 };
  }

  /** A host may have called `connect` or `listen` before or after it has us watch. */
  #attach(): void {
    const { client } = this.#srf.app;
    if (client?.wp === undefined) return;
    this.#watch?.listen(client.wp);
    if (isConnected(client)) this.#watch?.connected();
  }

  readonly #onConnect = (refusal?: unknown): void => {
    if (refusal !== undefined && refusal !== null) this.#watch?.disconnected(reasonOf(refusal));
    try {
      this.#attach();
    } catch (error) {
      const { name, logger = silentLogger } = this.#options;
      logger.error(`${name}: the host's drachtio-srf can't be watched: ${reasonOf(error)}`);
    }
  };

  readonly #onClose = (): void => {
    if (this.#srf.app.client?.isListening === true) return;
    this.#watch?.disconnected('the host lost its connection to drachtio-server');
  };
}

function isConnected({ isListening = false, mapServer }: SrfClient): boolean {
  return isListening || mapServer === undefined || [...mapServer.values()].some((one) => one.authenticated);
}
