import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const CANDIDATES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The system's Chromium, or the one that CHROMIUM names; undefined where there is none. */
export const chromiumPath = CANDIDATES.find((path) => path !== undefined && existsSync(path));

if (chromiumPath === undefined) {
  process.stderr.write('browser tests are skipped: no Chromium found (install Debian’s chromium, or set CHROMIUM)\n');
}

/** For whatever is asked of a browser, on a machine with other work: longer than that takes, and short of a test's own limit. */
export const BROWSER_MS = 240_000;

/**
 * Starts a headless Chromium that talks to nobody but the pages under test. Close it when done.
 * @param more arguments of its command line, such as a rule for host names
 */
export async function launchBrowser(more: readonly string[] = []): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('no Chromium: guard the suite with describe.skipIf(!chromiumPath)');
  return await chromium.launch({
    executablePath: chromiumPath,
    timeout: BROWSER_MS,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  });
}
