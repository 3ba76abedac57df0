import type { Browser } from 'playwright-core';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  inject,
  onTestFinished,
  vi,
} from 'vitest';
import type { RequestOf } from '../../../src/api/client.ts';
import { type EventType, eventTypeEntry } from '../../../src/model/event-types.ts';
import type { CallId } from '../../../src/model/ids.ts';
import type { ServiceOptions } from '../../../src/service.ts';
import { type Clock, systemClock } from '../../../src/util/clock.ts';
import { Receiver } from '../../support/receiver.ts';
import { type RunningService, type ServiceFolder, serviceFolder } from '../../support/service.ts';
import { launchChromium } from './chromium.ts';
import { Visit, type VisitOptions } from './visit.ts';

type SubscriptionBody = NonNullable<RequestOf<'POST /'>['body']>;

export const TOKEN = 'the-token-of-this-test';

/** A real service with its dashboard, a receiver that can be broken and mended, and a browser. */
export class Stage {
  #browser: Browser | undefined;
  #folder: ServiceFolder | undefined;
  #running: RunningService | undefined;
  #receiver: Receiver | undefined;
  #clock: Clock = systemClock;
  readonly #visits: Visit[] = [];

  get running(): RunningService {
    return there(this.#running);
  }

  get receiver(): Receiver {
    return there(this.#receiver);
  }

  /** Someone opens the page, at a place within it such as `#/deliveries`. */
  async visit(place = '', options: VisitOptions = {}): Promise<Visit> {
    const visit = await Visit.start(there(this.#browser), options);
    this.#visits.push(visit);
    const { origin = String(this.running.service.apiUrl) } = options;
    await visit.page.goto(`${origin}/webhooks/${place}`);
    return visit;
  }

  /** Someone who is elsewhere: what goes wrong there is as it should be. */
  async stranger(): Promise<Visit> {
    const visit = await Visit.start(there(this.#browser));
    onTestFinished(() => visit.end());
    return visit;
  }

  url(place = ''): string {
    return `${this.running.service.apiUrl}/webhooks/${place}`;
  }

  /** Adds a subscription as a program would, for tests that begin with one; tells its id. */
  async subscribe(path: string, options: Partial<SubscriptionBody> = {}): Promise<string> {
    const body = { url: this.receiver.url(path), events: ['*'], ...options };
    const { subscription } = await this.running.api.call('POST /', { body });
    return subscription.id;
  }

  /** Tells events of a call, as a PBX would; each with the sample data of its type. */
  async tell(callId: string, types: readonly EventType[], data: object = {}): Promise<void> {
    for (const type of types) {
      const sample = eventTypeEntry(type)?.sample;
      const { service } = this.running;
      await service.publish({
        type,
        occurredAt: this.#clock.now(),
        callId: callId as CallId,
        data: { ...sample, call_id: callId, ...data },
      });
    }
  }

  /** Resolves once so many deliveries have ended so. */
  async ended(count: number, status: 'delivered' | 'dead'): Promise<void> {
    await vi.waitFor(
      async () => {
        const { items } = await this.running.api.call('GET /deliveries', { query: { status } });
        expect(items).toHaveLength(count);
      },
      { timeout: 30_000 },
    );
  }

  async start(): Promise<void> {
    this.#browser = await launchChromium();
  }

  /** @param fill is given the folder before anything starts there. */
  async open(
    config: object,
    options: Partial<ServiceOptions> = {},
    fill: (folder: string) => Promise<void> = async () => {},
  ): Promise<void> {
    this.#clock = options.clock ?? systemClock;
    this.#receiver = await Receiver.start();
    this.#folder = serviceFolder();
    await fill(this.#folder.path);
    this.#running = await this.#folder.start(config, options);
  }

  /** The service ends, and what is open finds nobody. */
  async stopService(): Promise<void> {
    await this.running.stop();
  }

  /** It is there again, where it was before. */
  async restartService(config: object = {}): Promise<void> {
    const { port } = new URL(this.url());
    this.#running = await there(this.#folder).start({ ...config, api: { port: Number(port) } });
  }

  /** Nothing may have gone wrong that nobody expected. */
  async close(): Promise<void> {
    const problems = this.#visits.flatMap((visit) => visit.problems);
    await Promise.all(this.#visits.splice(0).map((visit) => visit.end()));
    await this.#folder?.remove();
    await this.#receiver?.stop();
    expect(problems).toEqual([]);
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
  }
}

function there<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('the stage is not set');
  return part;
}

/** Whether tests are to be skipped: where there is no browser, and nobody insists. */
export function isSkipped(): boolean {
  return !inject('hasBrowser') && process.env['CI'] !== 'true';
}

/** A suite in which each test finds a stage of its own; left out where there is no browser. */
export function describeInBrowser(title: string, config: object, suite: (stage: Stage) => void): void {
  describe.skipIf(isSkipped())(title, () => {
    const stage = new Stage();
    beforeAll(() => stage.start());
    afterAll(() => stage.stop());
    beforeEach(() => stage.open(config));
    afterEach(() => stage.close());
    suite(stage);
  });
}
