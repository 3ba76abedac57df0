import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { Phone, type PhoneOptions } from '../phone/phone.ts';
import { Asterisk } from './asterisk.ts';
import { PluginProcess } from './plugin.ts';
import { type ReceivedEvent, Receiver } from './receiver.ts';
import type { AsteriskVersion } from './tree.ts';

/** Whether tests with a real Asterisk are to be skipped: where none runs, and nobody insists. */
export const skipped = inject('whyNoAsterisk') !== undefined && process.env['CI'] !== 'true';

/** The account that docs/asterisk.md gives to users. */
const ACCOUNT = { username: 'webhooks', secret: 'change-me' };

const SECRET = `whsec_${Buffer.alloc(32, 'stage').toString('base64')}`;

export async function bootAsterisk(version: AsteriskVersion): Promise<Asterisk> {
  const why = inject('whyNoAsterisk');
  if (why !== undefined) {
    throw new Error(`no Asterisk runs here: ${why}`);
  }
  return Asterisk.start(version, fileURLToPath(new URL(`../etc-${version}`, import.meta.url)));
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
  readonly #told = new Set<ReceivedEvent>();
  readonly #marker: Phone;

  private constructor(asterisk: Asterisk, plugin: PluginProcess, receiver: Receiver, marker: Phone) {
    this.asterisk = asterisk;
    this.plugin = plugin;
    this.receiver = receiver;
    this.#marker = marker;
  }

  static async set(version: AsteriskVersion): Promise<Stage> {
    const asterisk = await bootAsterisk(version);
    const receiver = await Receiver.start(SECRET);
    const plugin = await PluginProcess.start(receiver, ACCOUNT);
    const stage = new Stage(asterisk, plugin, receiver, await openPhone('1007'));
    stage.#told.add(await receiver.until((event) => event.event_type === 'pbx.connected'));
    return stage;
  }

  /**
   * What the receiver gets because of `act`. Where a call takes place, `last` names the event that ends it. All that
   * was told before a phone which registers and unregisters afterwards counts.
   */
  async eventsOf(act: () => Promise<void>, last?: string): Promise<ReceivedEvent[]> {
    const from = this.receiver.events.length;
    await act();
    if (last !== undefined) {
      await this.receiver.until((event) => event.event_type === last, from);
    }
    await this.#marker.register();
    await this.#marker.unregister();
    await this.receiver.until(
      (event) => isMarker(event) && event.event_type === 'extension.unregistered',
      from,
    );
    await this.plugin.untilDelivered();
    const events = this.receiver.events.slice(from).filter((event) => !isMarker(event));
    for (const event of events) {
      this.#told.add(event);
    }
    return events;
  }

  /** Events that came when nobody was waiting for any. */
  get strays(): ReceivedEvent[] {
    return this.receiver.events.filter((event) => !(this.#told.has(event) || isMarker(event)));
  }

  /** Settles with the plugin's exit code. */
  async strike(): Promise<number | null> {
    const code = await this.plugin.stop();
    this.#marker.close();
    this.receiver.stop();
    await this.asterisk.stop();
    return code;
  }
}

function isMarker({ data }: ReceivedEvent): boolean {
  return data['extension'] === '1007';
}
