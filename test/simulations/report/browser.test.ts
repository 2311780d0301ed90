import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderReport } from '../../../simulations/report/html.ts';
import { BROWSER_MS, chromiumPath, launchBrowser } from '../../support/browser.ts';
import { sampleReport } from './sample.ts';

describe.skipIf(chromiumPath === undefined)('a report in a browser, from disk', () => {
  let browser: Browser;
  let folder: string;
  let address: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cairn-report-'));
    address = pathToFileURL(join(folder, 'report.html')).href;
    await writeFile(join(folder, 'report.html'), renderReport(sampleReport({ interrupted: true })));
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  for (const width of [375, 768, 1280]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      test(`shows all it holds without a complaint at ${width} pixels, ${colorScheme}`, async () => {
        const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
        page.setDefaultTimeout(BROWSER_MS);
        const complaints: string[] = [];
        const requests: string[] = [];
        page.on('console', (message) => complaints.push(message.text()));
        page.on('pageerror', (error) => complaints.push(error.message));
        page.on('request', (request) => {
          if (!request.url().startsWith('data:')) requests.push(request.url());
        });
        await page.goto(address);
        const seen = await page.evaluate(() => {
          const shown = (element: Element) => {
            const { width, height } = element.getBoundingClientRect();
            return width > 0 && height > 0;
          };
          const style = getComputedStyle(document.body);
          return {
            images: [...document.images].map((image) => image.complete && image.naturalWidth > 0 && shown(image)),
            charts: [...document.querySelectorAll('figure.chart:not(:has(.empty))')].map(
              (figure) => [...figure.querySelectorAll('svg.plot')].filter(shown).length,
            ),
            swatches: [...document.querySelectorAll('.legend')]
              .filter(shown)
              .flatMap((legend) => [...legend.querySelectorAll('svg')].map(shown)),
            overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
            ground: style.backgroundColor,
            text: style.color,
            letters: [...document.querySelectorAll('svg.plot text')].filter(shown).map((text) => {
              const svg = text.closest('svg')!;
              return (
                (Number.parseFloat(getComputedStyle(text).fontSize) * svg.getBoundingClientRect().width) /
                svg.viewBox.baseVal.width
              );
            }),
            outside: [...document.querySelectorAll('svg.plot text')].filter(shown).flatMap((text) => {
              const box = text.getBoundingClientRect();
              const frame = text.closest('svg')!.getBoundingClientRect();
              return box.left < frame.left - 2 || box.right > frame.right + 2 ? [text.textContent] : [];
            }),
          };
        });
        await page.close();
        expect(complaints).toEqual([]);
        expect(requests).toEqual([address]);
        expect(seen.images).toEqual([true, true, true, true]);
        expect(seen.charts).toEqual([1, 1, 1, 1, 1]);
        expect(seen.swatches).not.toContain(false);
        expect(seen.overflow).toBe(0);
        expect(seen.ground).toBe(colorScheme === 'light' ? 'rgb(253, 253, 251)' : 'rgb(22, 24, 27)');
        expect(seen.text).not.toBe(seen.ground);
        expect(Math.min(...seen.letters)).toBeGreaterThan(10);
        expect(seen.outside).toEqual([]);
      });
    }
  }

  test('refuses to run a script that gets into the file', async () => {
    const file = join(folder, 'tampered.html');
    await writeFile(
      file,
      renderReport(sampleReport()).replace('</main>', '<script>document.title = "run"</script></main>'),
    );
    const page = await browser.newPage();
    page.setDefaultTimeout(BROWSER_MS);
    await page.goto(pathToFileURL(file).href);
    const title = await page.title();
    await page.close();
    expect(title).toBe(sampleReport().title);
  });
});
