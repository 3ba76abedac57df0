import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser, TOKEN } from './rig/stage.ts';

async function signIn(page: Page, token: string, { keep = false } = {}): Promise<void> {
  await page.getByLabel('Token').fill(token);
  if (keep) await page.getByLabel('Keep for this tab').check();
  await page.getByRole('button', { name: 'Sign in' }).click();
}
const dialog = (page: Page) => page.getByRole('dialog', { name: 'Sign in' });

/** All that a browser keeps of a page, and shows of it. */
function traces(page: Page): Promise<string> {
  return page.evaluate(
    'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])',
  );
}

describeInBrowser('signing in', { api: { port: 0, token: TOKEN } }, (stage) => {
  it('takes the token and no other', async () => {
    const visit = await stage.visit();
    const { page } = visit;
    for (const key of ['Escape', 'Escape', 'Escape']) await page.keyboard.press(key);
    await signIn(page, 'another-token');
    await page.getByText('This is not the token').waitFor();
    await signIn(page, TOKEN);
    await dialog(page).waitFor({ state: 'detached' });
    await page.getByText('Live', { exact: true }).waitFor();
    visit.forgive(/ 401 /);
  });

  it('keeps the token nowhere, so that it is asked for again', async () => {
    const visit = await stage.visit();
    const { page } = visit;
    await signIn(page, TOKEN);
    await dialog(page).waitFor({ state: 'detached' });
    expect(await traces(page)).not.toContain(TOKEN);
    await page.reload();
    await dialog(page).waitFor();
    visit.forgive(/ 401 /);
  });

  it('keeps the token for the tab where it is told so, and no longer', async () => {
    const visit = await stage.visit();
    const { page } = visit;
    await signIn(page, TOKEN, { keep: true });
    await dialog(page).waitFor({ state: 'detached' });
    visit.forgive(/ 401 /);
    await page.reload();
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await dialog(page).count()).toBe(0);
    expect(
      await page.evaluate('JSON.stringify([{ ...localStorage }, document.cookie, location.href])'),
    ).not.toContain(TOKEN);
    // Another tab of the same browser, and the same one closed.
    await page.close();
    const other = await visit.context.newPage();
    await other.goto(stage.url());
    await dialog(other).waitFor();
    expect(await traces(other)).not.toContain(TOKEN);
  });

  it('ends with a click, after which nothing of the token is left', async () => {
    const visit = await stage.visit();
    const { page } = visit;
    await signIn(page, TOKEN, { keep: true });
    await dialog(page).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Sign out' }).click();
    await dialog(page).waitFor();
    expect(await traces(page)).not.toContain(TOKEN);
    visit.forgive(/ 401 /);
  });
});
