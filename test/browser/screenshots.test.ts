import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeClock } from '../support/clock.ts';
import { settled } from './rig/find.ts';
import { Front } from './rig/front.ts';
import { type Played, playHour, QUIET_PBX } from './rig/hour.ts';
import { isSkipped, Stage } from './rig/stage.ts';
import { SCHEMES, type Scheme, SIZES, type Size } from './rig/visit.ts';

const VIEWS: Readonly<Record<string, (played: Played) => string>> = {
  overview: () => '',
  subscriptions: () => '#/subscriptions',
  delivery: ({ dead }) => `#/deliveries/${dead}`,
  call: ({ call }) => `#/calls/${call}`,
};

/** What the README shows. `UPDATE_SCREENSHOTS=1 npx vitest run --project browser test/browser/screenshots.test.ts` */
const IN_README: Readonly<Record<Scheme, string>> = { light: 'dashboard.png', dark: 'dashboard-dark.png' };
const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const UPDATES = process.env['UPDATE_SCREENSHOTS'] !== undefined;
/** All of them, to look at. */
const FOLDER = process.env['SCREENSHOTS'];

const MOST_BYTES = 200_000;

describe.skipIf(isSkipped())('the dashboard after an hour', () => {
  const stage = new Stage();
  const clock = new FakeClock(Date.UTC(2026, 2, 2, 9, 17));
  const folder = FOLDER ?? mkdtempSync(join(tmpdir(), 'pbx-webhooks-screenshots-'));
  let front: Front;
  let played: Played;
  beforeAll(async () => {
    await stage.start();
    await stage.open({ api: { port: 0 }, worker_threads: 0 }, { clock, hosted: [QUIET_PBX] });
    front = await Front.start(stage.url(), {
      [stage.receiver.url('/crm')]: 'https://crm.example.com/hooks/pbx',
      [stage.receiver.url('/billing')]: 'https://billing.example.com/calls',
      [stage.receiver.url('/wallboard')]: 'https://wallboard.example.com/in',
    });
    played = await playHour(stage, clock);
  });
  afterAll(async () => {
    await front.stop();
    await stage.close();
    await stage.stop();
    if (FOLDER === undefined) rmSync(folder, { recursive: true });
  });

  it.each(
    Object.keys(VIEWS).flatMap((view) =>
      (Object.keys(SIZES) as Size[]).flatMap((size) => SCHEMES.map((scheme) => ({ view, size, scheme }))),
    ),
  )('shows its $view on a $size, $scheme', async ({ view, size, scheme }) => {
    const place = VIEWS[view]?.(played) ?? '';
    const { page } = await stage.visit(place, { size, scheme, origin: front.url, now: clock.now() / 1000 });
    await settled(page);
    await page.getByText('Live', { exact: true }).first().waitFor({ state: 'attached' });
    const path = join(folder, `${view}-${size}-${scheme}.png`);
    await page.screenshot({ path, animations: 'disabled' });
    expect(statSync(path).size).toBeLessThan(MOST_BYTES);
    if (UPDATES && view === 'overview' && size === 'desktop')
      copyFileSync(path, join(IMAGES, IN_README[scheme]));
    await page.close();
  });
});
