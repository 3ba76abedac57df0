import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { button, settled } from './rig/find.ts';
import { type Shown, showOff } from './rig/seed.ts';
import { isSkipped, Stage } from './rig/stage.ts';
import { SCHEMES, type Scheme, SIZES } from './rig/visit.ts';

const VIEWS: Readonly<Record<string, (shown: Shown) => string>> = {
  'the overview': () => '',
  'the subscriptions': () => '#/subscriptions',
  'a new subscription': () => '#/subscriptions/new',
  'a subscription': ({ crm }) => `#/subscriptions/${crm}`,
  'a subscription that fails': ({ billing }) => `#/subscriptions/${billing}`,
  'a subscription that is disabled': ({ wallboard }) => `#/subscriptions/${wallboard}`,
  'a subscription that is edited': ({ crm }) => `#/subscriptions/${crm}/edit`,
  'the deliveries': () => '#/deliveries',
  'deliveries that are not there': () => '#/deliveries?type=no.such',
  'a delivery': ({ delivered }) => `#/deliveries/${delivered}`,
  'a dead letter': ({ dead }) => `#/deliveries/${dead}`,
  'the dead letters': () => '#/dead-letters',
  'the calls': () => '#/calls',
  'a call': ({ call }) => `#/calls/${call}`,
  'an event': ({ event }) => `#/events/${event}`,
  'the live tail': () => '#/live',
  'the catalogue': () => '#/catalogue',
  'a type of the catalogue': () => '#/catalogue/call.ended',
  'an address that names no page': () => '#/nowhere',
};

/** What opens over a view, and the button that opens it. */
const DIALOGS: Readonly<Record<string, readonly [view: (shown: Shown) => string, button: string]>> = {
  'a test of a subscription': [({ crm }) => `#/subscriptions/${crm}`, 'Send test'],
  'a replay': [({ crm }) => `#/subscriptions/${crm}`, 'Replay…'],
  'a new secret': [({ crm }) => `#/subscriptions/${crm}`, 'Rotate secret…'],
  'the end of a subscription': [({ crm }) => `#/subscriptions/${crm}`, 'Delete…'],
  'what becomes of kept events': [({ wallboard }) => `#/subscriptions/${wallboard}`, 'Enable'],
  'the end of a dead letter': [({ dead }) => `#/deliveries/${dead}`, 'Delete'],
  'the list of keys': [() => '', 'Shortcuts ?'],
};

/** Findings that keep people out. Nothing but contrast differs between light and dark. */
async function barriers(page: Page, scheme: Scheme): Promise<readonly string[]> {
  const axe = new AxeBuilder({ page });
  const { violations } = await (scheme === 'light' ? axe : axe.withRules('color-contrast')).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** Pixels that can be scrolled to the side. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(
    'Math.max(0, document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth)',
  );
}

describe.skipIf(isSkipped())(
  'on a phone and on a desktop, light and dark, nothing keeps people out of',
  () => {
    const stage = new Stage();
    let shown: Shown;
    beforeAll(async () => {
      await stage.start();
      await stage.open({ max_retries: 1, api: { port: 0 } });
      shown = await showOff(stage);
    });
    afterAll(async () => {
      await stage.close();
      await stage.stop();
    });

    it.each(Object.entries(VIEWS))('%s', async (_name, placeOf) => {
      const { page } = await stage.visit(placeOf(shown));
      await settled(page);
      await expectNoBarriers(page);
      await page.close();
    });

    it.each(Object.entries(DIALOGS))('%s', async (_name, [placeOf, opener]) => {
      const { page } = await stage.visit(placeOf(shown));
      await settled(page);
      await button(page, opener).click();
      await page.getByRole('dialog').waitFor();
      await expectNoBarriers(page);
      await page.close();
    });
  },
);

async function expectNoBarriers(page: Page): Promise<void> {
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      const found = await barriers(page, colorScheme);
      const scrolls = await overflow(page);
      expect({ size, colorScheme, found, scrolls }).toEqual({ size, colorScheme, found: [], scrolls: 0 });
    }
  }
}
