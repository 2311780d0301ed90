import type { Browser, Page } from 'playwright-core';
import type { ParticipationEvent } from '../../../client/index.ts';
import { BROWSER_MS } from '../../support/browser.ts';
import { EventLog } from '../../../simulations/attacks/coordinator/event-log.ts';
import type { PageTools } from '../pages/page.ts';
import type { Told, Trained } from '../pages/enter.ts';

/** A page that is open, and everything that its client told. */
export class Visitor {
  readonly page: Page;
  readonly log = new EventLog();
  readonly trained: Trained[] = [];
  /** What the page's console and its uncaught errors said. */
  readonly complaints: string[] = [];
  /** Resolves when the page's client has ended. */
  readonly closed: Promise<Extract<Told, { kind: 'closed' }>>;
  #close!: (told: Extract<Told, { kind: 'closed' }>) => void;

  private constructor(page: Page) {
    this.page = page;
    this.closed = new Promise((resolve) => (this.#close = resolve));
  }

  static async open(browser: Browser, url: string): Promise<Visitor> {
    const context = await browser.newContext();
    const visitor = new Visitor(await context.newPage());
    const { page } = visitor;
    page.setDefaultTimeout(BROWSER_MS);
    page.on('pageerror', (error) => void visitor.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') visitor.complaints.push(message.text());
    });
    await page.exposeFunction('tell', (told: Told) => visitor.#hear(told));
    await page.goto(url);
    await page.waitForFunction(() => 'cairn' in window);
    return visitor;
  }

  /** Calls one of the page's tools. */
  call<Name extends keyof PageTools>(
    name: Name,
    ...args: Parameters<PageTools[Name]>
  ): Promise<Awaited<ReturnType<PageTools[Name]>>> {
    const evaluate = this.page.evaluate.bind(this.page) as (
      run: (call: { readonly name: Name; readonly args: unknown }) => unknown,
      call: { readonly name: Name; readonly args: unknown },
    ) => Promise<Awaited<ReturnType<PageTools[Name]>>>;
    return evaluate(
      (call) => (window.cairn[call.name] as (...all: unknown[]) => unknown)(...(call.args as unknown[])),
      { name, args },
    );
  }

  /** Events of one kind, as they were told. */
  of<K extends ParticipationEvent['kind']>(kind: K): Extract<ParticipationEvent, { kind: K }>[] {
    return this.log.of(kind);
  }

  #hear(told: Told): void {
    if (told.kind === 'event') this.log.onEvent(told.event);
    else if (told.kind === 'trained') this.trained.push(told.trained);
    else this.#close(told);
  }
}
