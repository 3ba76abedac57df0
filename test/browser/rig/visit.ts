import type { Browser, BrowserContext, Page } from 'playwright-core';

/** Widths that the dashboard is made for: the narrowest phone, and a desktop. */
export const SIZES = {
  phone: { width: 360, height: 740 },
  desktop: { width: 1_440, height: 900 },
} as const;
export type Size = keyof typeof SIZES;
export const SCHEMES = ['light', 'dark'] as const;
export type Scheme = (typeof SCHEMES)[number];

export interface VisitOptions {
  readonly size?: Size;
  readonly scheme?: Scheme;
  /** Where the service is found, with the prefix that it has there. Default: its own address. */
  readonly origin?: string;
  /** The browser's time stands still there, in epoch milliseconds. */
  readonly now?: number;
}

/** Someone's window: a context of its own, and all that went wrong in it. */
export class Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly #problems: string[];

  private constructor(context: BrowserContext, page: Page, problems: string[]) {
    this.context = context;
    this.page = page;
    this.#problems = problems;
  }

  static async start(
    browser: Browser,
    { size = 'desktop', scheme = 'light', now }: VisitOptions = {},
  ): Promise<Visit> {
    const context = await browser.newContext({
      viewport: SIZES[size],
      colorScheme: scheme,
      reducedMotion: 'reduce',
      locale: 'en-GB',
      timezoneId: 'UTC',
    });
    const problems: string[] = [];
    const page = await context.newPage();
    await watch(page, problems);
    if (now !== undefined) await page.clock.setFixedTime(now);
    return new Visit(context, page, problems);
  }

  /** Whatever went wrong: errors of the console and of the page, requests, answers, broken rules of the policy. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Takes away what had to go wrong; throws where nothing of the kind did. */
  forgive(expected: RegExp): void {
    const others = this.#problems.filter((problem) => !expected.test(problem));
    if (others.length === this.#problems.length) throw new Error(`${expected} did not come`);
    this.#problems.splice(0, this.#problems.length, ...others);
  }

  async end(): Promise<void> {
    await this.context.close();
  }
}

async function watch(page: Page, problems: string[]): Promise<void> {
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? '';
    // The page itself gave up: a view was left, or the stream is opened anew.
    if (why !== 'net::ERR_ABORTED') problems.push(`request: ${request.method()} ${request.url()} ${why}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`response: ${response.status()} ${response.url()}`);
  });
  await page.exposeFunction('reportViolation', (text: string) => problems.push(`policy: ${text}`));
  await page.addInitScript({ content: TELL_OF_VIOLATIONS });
}

const TELL_OF_VIOLATIONS = `addEventListener('securitypolicyviolation', (event) =>
  reportViolation(event.violatedDirective + ' ' + event.blockedURI));`;
