import type { Locator, Page } from 'playwright-core';

/** What a person sees, by its role and its name. */
type Within = Page | Locator;

export function link(within: Within, name: string): Locator {
  return within.getByRole('link', { name, exact: true });
}

export function button(within: Within, name: string): Locator {
  return within.getByRole('button', { name, exact: true });
}

export function dialog(page: Page, name: string): Locator {
  return page.getByRole('dialog', { name });
}

/** Of the page. */
export function heading(page: Page, name: string): Locator {
  return page.getByRole('heading', { level: 1, name });
}

/** What the term of a list of facts says. */
export function fact(page: Page, term: string): Locator {
  const terms = page.getByRole('term').filter({ hasText: new RegExp(`^${term}$`) });
  return terms.locator('xpath=following-sibling::dd').first();
}

/** Lines of the table, without its head. */
export function rows(page: Page): Locator {
  return page.getByRole('table').locator('tbody').getByRole('row');
}

/** Loaded, but for what the stream brings. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
}

/** Goes on with Tab until this has the focus. */
export async function tabTo(page: Page, wanted: Locator): Promise<void> {
  for (let steps = 0; steps < 100; steps += 1) {
    await page.keyboard.press('Tab');
    if (await hasFocus(wanted)) return;
  }
  throw new Error(`Tab does not lead to ${wanted}`);
}

export async function hasFocus(element: Locator): Promise<boolean> {
  return (await element.and(element.page().locator(':focus')).count()) > 0;
}
