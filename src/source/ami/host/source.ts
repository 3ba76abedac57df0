import type { PbxName } from '../../../model/ids.ts';
import type { Fact } from '../../../telephony/facts.ts';
import { type Clock, systemClock } from '../../../util/clock.ts';
import { reasonOf } from '../../../util/error.ts';
import { type Logger, silentLogger } from '../../../util/log.ts';
import { Stopwatch } from '../../../util/stopwatch.ts';
import type { Source, SourceCounts, SourceHealth } from '../../source.ts';
import { Session } from '../session.ts';
import { HostConnection } from './connection.ts';
import { isGenuine, isNoisePacket, loginAnswer } from './item.ts';
import type { AsteriskManager } from './manager.ts';
import { packetOf } from './packet.ts';

export interface HostAmiSourceOptions {
  readonly name: PbxName;
  readonly manager: AsteriskManager;
  /** Whether to ask what lies in mailboxes that change, as nothing else tells it. Default true. */
  readonly listsMailboxes?: boolean;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/**
 * Watches an Asterisk through the asterisk-manager of a host: listens, and asks what there is. Connecting, logging in
 * and reconnecting stay the host's, and nothing of what its other listeners get is changed.
 */
export function createHostAmiSource(options: HostAmiSourceOptions): Source {
  return new HostAmiSource(options);
}

/** A connection that was logged in before we came was told of it then. */
const FULLY_BOOTED = { event: 'FullyBooted', privilege: 'system,all', status: 'Fully Booted' };

const NOT_LOGGED_IN: SourceHealth = {
  state: 'connecting',
  reason: 'the host’s asterisk-manager is not logged in',
};

/** One login of the host, and what is made of it. */
interface Watch {
  readonly session: Session;
  readonly connection: HostConnection;
}

/**
 * Who waits for the answer to one Ping, by manager: one that is not logged in keeps an action, which can't be taken back,
 * and whoever asked for it.
 */
const PINGED = new WeakMap<AsteriskManager, Set<() => void>>();

class HostAmiSource implements Source {
  readonly name: PbxName;
  readonly #manager: AsteriskManager;
  readonly #listsMailboxes: boolean;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #blindness: Stopwatch;
  #onFact: ((fact: Fact) => void) | undefined;
  #watch: Watch | undefined;
  #health: SourceHealth = { state: 'stopped' };
  #received = 0;

  constructor({ name, manager, listsMailboxes = true, ...options }: HostAmiSourceOptions) {
    this.name = name;
    this.#manager = manager;
    this.#listsMailboxes = listsMailboxes;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
    this.#blindness = new Stopwatch(this.#clock);
  }

  start(onFact: (fact: Fact) => void): void {
    this.#onFact = onFact;
    this.#blindness.start();
    this.#health = { state: 'connecting', reason: 'the host’s asterisk-manager is not connected' };
    this.#manager.on('rawevent', this.#onItem);
    this.#manager.on('connect', this.#onConnect);
    this.#manager.on('close', this.#onClose);
    if (this.#manager.isConnected() === true) this.#guard(() => this.#askWhetherLoggedIn());
  }

  async stop(): Promise<void> {
    this.#manager.removeListener('rawevent', this.#onItem);
    this.#manager.removeListener('connect', this.#onConnect);
    this.#manager.removeListener('close', this.#onClose);
    this.#forgetPing();
    await this.#watch?.connection.close();
    this.#endWatch();
    this.#health = { state: 'stopped' };
    this.#blindness.stop();
  }

  health(): SourceHealth {
    return this.#health;
  }

  counts(): SourceCounts {
    return { received: this.#received, unseenMs: this.#blindness.ms };
  }

  /** asterisk-manager keeps an action back until the login, so that the answer tells of it. */
  #askWhetherLoggedIn(): void {
    this.#health = NOT_LOGGED_IN;
    const waiting = PINGED.get(this.#manager);
    if (waiting !== undefined) {
      waiting.add(this.#onPong);
      return;
    }
    const asking = new Set([this.#onPong]);
    PINGED.set(this.#manager, asking);
    const manager = new WeakRef(this.#manager);
    this.#manager.action({ action: 'Ping' }, () => {
      const pinged = manager.deref();
      if (pinged !== undefined) PINGED.delete(pinged);
      for (const onPong of asking) onPong();
    });
  }

  #forgetPing(): void {
    PINGED.get(this.#manager)?.delete(this.#onPong);
  }

  readonly #onPong = (): void => {
    this.#guard(() => {
      if (this.#watch === undefined && this.#health.state !== 'stopped') this.#begin(true);
    });
  };

  /** AMI events named Connect or Close are emitted under the names of the socket's, but bring a packet along. */
  readonly #onConnect = (packet?: unknown): void => {
    if (typeof packet === 'object') return;
    this.#guard(() => {
      this.#lose('the host’s asterisk-manager connected anew');
      this.#health = NOT_LOGGED_IN;
    });
  };

  readonly #onClose = (packet?: unknown): void => {
    if (typeof packet === 'object') return;
    this.#guard(() => {
      // Otherwise the end of a connection that the host has already replaced.
      if (this.#manager.isConnected() !== true) this.#lose('the host’s asterisk-manager lost its connection');
    });
  };

  /** Called by the manager's parser, for everything that it reads. */
  readonly #onItem = (item: unknown): void => {
    if (typeof item === 'object' && item !== null) this.#guard(() => this.#read(item));
  };

  #read(item: object): void {
    if (this.#watch === undefined) {
      this.#readLogin(item);
      return;
    }
    const { session, connection } = this.#watch;
    const packet = packetOf(item);
    if (connection.take(packet) || packet['event'] === undefined) return;
    if (!isGenuine(item)) {
      connection.rejected += packet['actionid'] === undefined ? 1 : 0;
    } else if (!isNoisePacket(packet)) {
      this.#received += 1;
      session.take(packet);
    }
  }

  /** Before its login was accepted, nothing that it reads counts. */
  #readLogin(item: object): void {
    const answer = loginAnswer(item);
    if (answer === 'accepted') this.#begin(false);
    if (answer !== 'refused') return;
    const reason = 'Asterisk refused the login of the host’s asterisk-manager';
    this.#health = { state: 'connecting', reason };
    this.#logger.warn(`${this.name}: ${reason}`);
  }

  #begin(wasLoggedInBefore: boolean): void {
    const connection = new HostConnection(this.#manager, this.#clock);
    const session = new Session({
      name: this.name,
      clock: this.#clock,
      logger: this.#logger,
      listsMailboxes: this.#listsMailboxes,
      setsFilters: false,
      onFact: (fact) => this.#onFact?.(fact),
    });
    this.#watch = { session, connection };
    this.#health = { state: 'connected' };
    this.#blindness.stop();
    this.#logger.info(`${this.name}: watched through the host’s asterisk-manager`);
    if (wasLoggedInBefore) session.take(FULLY_BOOTED);
    session.begin(connection);
  }

  #lose(reason: string): void {
    this.#health = { state: 'connecting', reason };
    if (this.#watch === undefined) return;
    this.#blindness.start();
    this.#logger.warn(`${this.name}: ${reason}`);
    this.#watch.connection.lose({ code: 'closed', message: reason });
    this.#endWatch(reason);
  }

  /** `reason` is left out where the end was wanted. */
  #endWatch(reason?: string): void {
    const watch = this.#watch;
    this.#watch = undefined;
    watch?.session.end(reason);
    const rejected = watch?.connection.rejected ?? 0;
    if (rejected === 0) return;
    this.#logger.warn(
      `${this.name}: ${rejected} packets were no events of Asterisk’s own and were passed over`,
    );
  }

  /** What goes wrong here must not reach the manager, nor the host's other listeners. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#logger.error(`${this.name}: an AMI event could not be handled: ${reasonOf(error)}`);
    }
  }
}
