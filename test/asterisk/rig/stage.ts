import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, inject } from 'vitest';
import { Phone, type PhoneOptions } from '../phone/phone.ts';
import { Asterisk } from './asterisk.ts';
import { PluginProcess } from './plugin.ts';
import type { TcpProxy } from './proxy.ts';
import { type ReceivedEvent, Receiver } from './receiver.ts';
import { ASTERISK_VERSIONS, type AsteriskVersion } from './tree.ts';

/** The account that docs/asterisk.md gives to users. */
const ACCOUNT = { username: 'webhooks', secret: 'change-me' };

export const MANAGER_PORT = 5038;

const SECRET = `whsec_${Buffer.alloc(32, 'stage').toString('base64')}`;

/** Whether tests with this Asterisk are to be skipped: where it does not run, and nobody insists. */
export function isSkipped(version: AsteriskVersion): boolean {
  return inject('whyNoAsterisk')[version] !== undefined && process.env['CI'] !== 'true';
}

/** A suite that runs once with each version of Asterisk, one after the other. */
export function describeOnEachAsterisk(title: string, suite: (version: AsteriskVersion) => void): void {
  for (const version of ASTERISK_VERSIONS) {
    describe.skipIf(isSkipped(version))(`${title}, on a real Asterisk ${version}`, () => suite(version));
  }
}

export async function bootAsterisk(version: AsteriskVersion): Promise<Asterisk> {
  const why = inject('whyNoAsterisk')[version];
  if (why !== undefined) {
    throw new Error(`no Asterisk ${version} runs here: ${why}`);
  }
  return Asterisk.start(version, fileURLToPath(new URL('../etc', import.meta.url)));
}

/** A phone of the dial plan, at an address of its own. */
export async function openPhone(user: string, options: Partial<PhoneOptions> = {}): Promise<Phone> {
  const address = `127.0.0.${10 + Number(user.slice(-2))}`;
  return Phone.open({ user, password: `pw${user}`, address, ...options });
}

/** Asterisk, plugin and receiver together. */
export class Stage {
  readonly asterisk: Asterisk;
  readonly plugin: PluginProcess;
  readonly receiver: Receiver;
  /** Ids of events that somebody waited for. */
  readonly #told = new Set<string>();
  readonly #marker: Phone;
  readonly #phones: Phone[] = [];

  private constructor(asterisk: Asterisk, plugin: PluginProcess, receiver: Receiver, marker: Phone) {
    this.asterisk = asterisk;
    this.plugin = plugin;
    this.receiver = receiver;
    this.#marker = marker;
  }

  /** With `link`, the plugin sees Asterisk through it. */
  static async set(version: AsteriskVersion, link?: TcpProxy): Promise<Stage> {
    const asterisk = await bootAsterisk(version);
    const receiver = await Receiver.start(SECRET);
    const plugin = await PluginProcess.start(receiver, {
      ami: { port: link?.port ?? MANAGER_PORT, ...ACCOUNT },
      voicemailSpool: join(asterisk.spool, 'voicemail'),
    });
    const stage = new Stage(asterisk, plugin, receiver, await openPhone('1007'));
    stage.#expected(await receiver.until((event) => event.event_type === 'pbx.connected'));
    return stage;
  }

  /** A phone that is registered, and told as such; it closes with the stage. */
  async phone(user: string): Promise<Phone> {
    const phone = await this.newPhone(user);
    const from = this.receiver.events.length;
    await phone.register();
    const isRegistration = ({ event_type, data }: ReceivedEvent): boolean =>
      event_type === 'extension.registered' && data['extension'] === user;
    this.#expected(await this.receiver.until(isRegistration, from));
    return phone;
  }

  /** A phone that is not registered yet; it closes with the stage. */
  async newPhone(user: string, options: Partial<PhoneOptions> = {}): Promise<Phone> {
    const phone = await openPhone(user, options);
    this.#phones.push(phone);
    return phone;
  }

  /**
   * What the receiver gets because of `act`. Where calls take place, `last` names the event that ends them, and
   * `times` how often it comes. All that was told before a phone which registers and unregisters afterwards counts,
   * each event once: what is sent again after a kill has the same id.
   */
  async eventsOf(act: () => Promise<void>, last?: string, times = 1): Promise<ReceivedEvent[]> {
    const from = this.receiver.events.length;
    await act();
    if (last !== undefined) {
      await this.receiver.until((event) => event.event_type === last, from, times);
    }
    await this.#marker.register();
    await this.#marker.unregister();
    await this.receiver.until(
      (event) => isMarker(event) && event.event_type === 'extension.unregistered',
      from,
    );
    await this.plugin.untilDelivered();
    const received = new Map(this.receiver.events.slice(from).map((event) => [event.event_id, event]));
    const events = [...received.values()].filter(
      (event) => !isMarker(event) && !this.#told.has(event.event_id),
    );
    for (const event of events) {
      this.#expected(event);
    }
    return events;
  }

  /** Events that came when nobody was waiting for any. */
  get strays(): ReceivedEvent[] {
    return this.receiver.events.filter((event) => !(this.#told.has(event.event_id) || isMarker(event)));
  }

  #expected({ event_id }: ReceivedEvent): void {
    this.#told.add(event_id);
  }

  /** Settles with the plugin's exit code. */
  async strike(): Promise<number | null> {
    const code = await this.plugin.stop();
    for (const phone of [this.#marker, ...this.#phones]) {
      phone.close();
    }
    this.receiver.stop();
    await this.asterisk.stop();
    return code;
  }
}

function isMarker({ data }: ReceivedEvent): boolean {
  return data['extension'] === '1007';
}
