import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agreeAll } from '../../protocol/crypto/agreer.ts';
import { fromHex, toHex } from '../../protocol/crypto/bytes.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';
import { SecretBytes } from '../../protocol/crypto/secret.ts';
import { closeAll, openHall } from '../coordinator/support/hall.ts';
import { KNOWN_DIGESTS } from '../numeric/support.ts';
import { readVector } from '../interop/support/files.ts';
import { chromiumPath, launchBrowser } from '../support/browser.ts';
import { Relay } from '../support/relay.ts';
import { Site } from './support/site.ts';
import { Visitor } from './support/visitor.ts';

describe.skipIf(chromiumPath === undefined)('in a page of a real browser', () => {
  let browser: Browser;
  let site: Site;
  let page: Visitor;

  beforeAll(async () => {
    [browser, site] = await Promise.all([launchBrowser(), Site.create()]);
    page = await Visitor.open(browser, `http://127.0.0.1:${await site.serve()}`);
  });

  afterAll(async () => {
    await (browser as Browser | undefined)?.close();
    (site as Site | undefined)?.close();
  });

  it('the sessions of the worked round send what they send in Node, byte for byte', async () => {
    expect(await page.call('transcript')).toEqual(readVector('test/vectors/transcript.json'));
  });

  it('exponential functions and steps of the adaptive clip have the bits that they have in Node', async () => {
    expect(await page.call('numeric')).toEqual(KNOWN_DIGESTS);
  });

  it('masks and training run on WebAssembly SIMD', async () => {
    expect(await page.call('kernels')).toEqual({ masks: 'wasm', training: 'wasm' });
  });

  it('WebCrypto and the portable primitives agree on the keys that Node agrees on', async () => {
    const secretKey = systemRandom(32);
    const peers = Array.from({ length: 200 }, () => nodePrimitives.x25519PublicKey(systemRandom(32)));
    const expected = agreeAll(nodePrimitives, { secretKey: new SecretBytes(secretKey.slice()), peers });
    const shared = expected.map((secret) => toHex(secret.expose()));
    const asked = [toHex(secretKey), peers.map(toHex)] as const;
    expect(await page.call('agree', 'best', ...asked)).toEqual({ by: 'webcrypto', shared });
    expect(await page.call('agree', 'portable', ...asked)).toEqual({ by: 'portable', shared });
  });

  it('a model whose every connection breaks comes from another origin, and no byte of it comes twice', async () => {
    const length = 100_000;
    let port = 0;
    const relay = await Relay.open(
      () => port,
      (request) => (request.startsWith('GET /v1/models/') ? { after: 60_000, direction: 'down' } : undefined),
    );
    try {
      const { origin } = new URL(page.page.url());
      const hall = await openHall(
        { model: { tensors: { w: [length] }, seed: 1 } },
        { config: { publicUrls: [relay.url], allowedOrigins: [origin] } },
      );
      port = Number(new URL(hall.coordinator.url).port);
      const { modelHash } = hall.coordinator.tasks[0]!;
      expect(await page.call('download', relay.url, modelHash, 5 * length)).toBe(modelHash);
      expect(relay.cuts).toBeGreaterThanOrEqual(6);
      expect(relay.passed).toBeLessThan(1.2 * 4 * length);
    } finally {
      await closeAll();
      await relay.close();
    }
  });

  it.each([
    ['0', '00'.repeat(32)],
    ['1', `01${'00'.repeat(31)}`],
    ['−1', `ec${'ff'.repeat(30)}7f`],
    ['order 8', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'],
    ['order 8', '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'],
  ])('the point of low order %s (%s) is refused by both', async (_, point) => {
    expect(fromHex(point)).toHaveLength(32);
    for (const which of ['best', 'portable'] as const) {
      const { shared, refused } = await page.call('agree', which, '07'.repeat(32), [point]);
      expect({ shared, refused }).toEqual({ shared: [], refused: 'key-invalid' });
    }
  });

  it('RFC 7748 §6.1 holds by WebCrypto', async () => {
    const alice = '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a';
    const bob = 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f';
    expect(await page.call('agree', 'best', alice, [bob])).toEqual({
      by: 'webcrypto',
      shared: ['4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742'],
    });
  });
});
