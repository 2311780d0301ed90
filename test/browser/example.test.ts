import { context, type BuildContext } from 'esbuild';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Listening } from '../inference/support/listening.ts';
import { networkA } from '../inference/support/random-networks.ts';
import { openDealer, openModel, type ServedModel } from '../inference/support/served.ts';
import { BROWSER_MS, chromiumPath, launchBrowser } from '../support/browser.ts';

const EXAMPLE = resolve('examples/private-question');

describe.skipIf(chromiumPath === undefined)('examples/private-question', () => {
  let browser: Browser;
  let build: BuildContext;
  let dealer: Listening;
  let model: ServedModel;
  let page: Page;
  /** What the page's console and its uncaught errors said, breaches of its policy among them. */
  const complaints: string[] = [];

  beforeAll(async () => {
    [browser, dealer] = await Promise.all([launchBrowser(), openDealer()]);
    model = await openModel(networkA('relu'), { dealer });
    build = await context({
      ...{ entryPoints: [join(EXAMPLE, 'page.mjs')], bundle: true, format: 'esm', outdir: EXAMPLE, write: false },
      ...{ alias: { 'cairn-fl/inference/browser': resolve('inference/browser/index.ts') }, logLevel: 'silent' },
    });
    const { port } = await build.serve({ servedir: EXAMPLE, host: '127.0.0.1', port: 0 });
    page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(BROWSER_MS);
    page.on('pageerror', (error) => void complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.fill('#server', model.urls[0]!.replace('ws:', 'http:'));
    await page.fill('#dealer', dealer.url.replace('ws:', 'http:'));
  });

  afterAll(async () => {
    await (browser as Browser | undefined)?.close();
    await (build as BuildContext | undefined)?.dispose();
    (model as ServedModel | undefined)?.close();
    (dealer as Listening | undefined)?.close();
  });

  /** What the page shows that the model gets. */
  const pixels = async (): Promise<Float32Array> =>
    Float32Array.from(
      await page.evaluate(() => {
        const canvas = document.querySelector<HTMLCanvasElement>('#pixels')!;
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, 28, 28);
        return Array.from({ length: 784 }, (_, i) => data[4 * i]! / 255);
      }),
    );

  /** Asks, and waits until there is an answer. @returns the class */
  async function answered(): Promise<string> {
    await page.click('#ask');
    await page.locator('#answer:not([hidden]), #state.failed').first().waitFor();
    expect(await page.locator('#state').innerText()).toBe('');
    return await page.locator('#class').innerText();
  }

  it('has nothing to ask before something is drawn', async () => {
    expect(await page.locator('#ask').isDisabled()).toBe(true);
  });

  it('asks about a drawn digit, and says what it cost and who learnt what', async () => {
    const box = (await page.locator('#drawing').boundingBox())!;
    const line = async (...points: readonly (readonly [number, number])[]): Promise<void> => {
      await page.mouse.move(box.x + points[0]![0], box.y + points[0]![1]);
      await page.mouse.down();
      for (const [x, y] of points) await page.mouse.move(box.x + x, box.y + y, { steps: 4 });
      await page.mouse.up();
    };
    await line([60, 50], [200, 50], [120, 230]);
    await line([90, 140], [190, 140]);
    const drawn = await pixels();
    expect(Math.max(...drawn)).toBeGreaterThan(0.9);
    // As MNIST has them, the edge of four pixels is black but for what the centre of mass moves into it.
    expect(drawn.subarray(0, 28).every((value) => value === 0)).toBe(true);
    expect(await answered()).toBe(String(model.expected(drawn)[0]));
    const told = await page.locator('#answer').innerText();
    expect(told).toMatch(/with your picture\s+\d+ ms, \d+\.\d kB sent, \d+\.\d kB received/);
    expect(told).toMatch(/questions left\s+999/);
    expect(told).toMatch(/you\s+the class, and the shape of the network \(3 layers with weights\); no weight/);
  });

  it('takes an image, dark on light, and brings it to the same size', async () => {
    const image = await page.evaluate(() => {
      const canvas = document.createElement('canvas');
      Object.assign(canvas, { width: 90, height: 60 });
      const context = canvas.getContext('2d')!;
      context.fillStyle = '#fff';
      context.fillRect(0, 0, 90, 60);
      context.fillStyle = '#222';
      context.fillRect(20, 20, 8, 30);
      return canvas.toDataURL('image/png').split(',')[1]!;
    });
    const file = { name: 'one.png', mimeType: 'image/png', buffer: Buffer.from(image, 'base64') };
    const before = await pixels();
    await page.setInputFiles('#file', file);
    await expect.poll(async () => (await pixels()).join() === before.join(), { timeout: BROWSER_MS }).toBe(false);
    const shown = await pixels();
    expect(shown[0]).toBe(0);
    // A bar of 8 × 30 in 20 rows: some 5 columns.
    const lit = [...shown].filter((value) => value > 0.5).length;
    expect(lit).toBeGreaterThan(70);
    expect(lit).toBeLessThan(140);
    expect(await answered()).toBe(String(model.expected(shown)[0]));
  });

  it('says what is wrong, and asks again afterwards', async () => {
    await page.fill('#dealer', '');
    await page.click('#ask');
    await page.locator('#state.failed').waitFor();
    expect(await page.locator('#state').innerText()).toContain('(dealer-unnamed)');
    expect(await page.locator('#answer').isHidden()).toBe(true);
    await page.fill('#dealer', dealer.url.replace('ws:', 'http:'));
    expect(await answered()).toBe(String(model.expected(await pixels())[0]));
    expect(await page.locator('#state').innerText()).toBe('');
  });

  it('runs within its own content security policy, and complains of nothing', () => {
    expect(complaints).toEqual([]);
  });
});
