import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';
import { memberId } from '../../protocol/ids.ts';
import { openDirectory } from '../../protocol/wire/index.ts';
import { virtualMembership } from '../../simulations/engine/virtual-task.ts';
import { accept } from '../../inference/drivers/node.ts';
import { type Listening, listening } from '../inference/support/listening.ts';
import { networkA, randomInputs, randomNetwork } from '../inference/support/random-networks.ts';
import { openDealer, openModel, type ServedModel, type ServedOptions } from '../inference/support/served.ts';
import { BROWSER_MS, chromiumPath, launchBrowser } from '../support/browser.ts';
import { Relay } from '../support/relay.ts';
import { Site } from './support/site.ts';
import { Visitor } from './support/visitor.ts';

const INSECURE_HOST = 'cairn-insecure.test';

const TINY = randomNetwork(
  8,
  [1, 6, 6],
  [
    ...([{ kind: 'conv', filters: 2, size: 3 }, { kind: 'relu' }, { kind: 'maxPool', size: 2 }] as const),
    ...([{ kind: 'flatten' }, { kind: 'dense', units: 4 }] as const),
  ],
);
const TINY_ROWS = randomInputs(3, 7 * 36);
/** One that two servers can run as well: without pooling. */
const PLAIN = randomNetwork(4, [36], [{ kind: 'dense', units: 8 }, { kind: 'relu' }, { kind: 'dense', units: 4 }]);
const A = networkA('relu');
const A_ROWS = randomInputs(8, 3 * 784);

describe.skipIf(chromiumPath === undefined)('a page of a real browser asks', () => {
  let browser: Browser;
  let site: Site;
  let dealer: Listening;
  let page: Visitor;
  /** The same page where the browser withholds WebCrypto, since it came neither over TLS nor from this machine's name. */
  let insecure: Visitor;
  const opened: { close(): unknown }[] = [];

  beforeAll(async () => {
    [browser, site, dealer] = await Promise.all([
      launchBrowser([`--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`]),
      Site.create(),
      openDealer(),
    ]);
    const port = await site.serve();
    [page, insecure] = await Promise.all([
      Visitor.open(browser, `http://127.0.0.1:${port}`),
      Visitor.open(browser, `http://${INSECURE_HOST}:${port}`),
    ]);
  });

  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
  });

  afterAll(async () => {
    await (browser as Browser | undefined)?.close();
    (site as Site | undefined)?.close();
    (dealer as Listening | undefined)?.close();
  });

  async function serve(network: typeof A, options: Partial<ServedOptions> = {}): Promise<ServedModel> {
    const model = await openModel(network, { dealer, ...options });
    opened.push(model);
    return model;
  }

  it('a small network about rows of several batches, and is told how far it is', async () => {
    const model = await serve(TINY);
    const replied = await page.call('question', {
      ...{ servers: model.urls[0]!, rows: [...TINY_ROWS], dealer: dealer.url },
    });
    expect(replied).toMatchObject({ classes: model.expected(TINY_ROWS), events: ['digits 4', '4/7', '7/7'] });
    expect(new Set(replied.classes).size, 'the rows are of several classes').toBeGreaterThan(1);
    expect(replied.left).toBe(993);
    expect(model.answered.map(({ batch }) => batch)).toEqual([4, 3]);
    expect(model.failed).toEqual([]);
  });

  it('network A with ReLU, by WebCrypto or without it where the browser withholds it', async () => {
    const model = await serve(A, { reveal: 'scores' });
    const asked = { servers: model.urls[0]!, rows: [...A_ROWS], dealer: dealer.url };
    const secure = (visitor: Visitor): Promise<boolean> => visitor.page.evaluate(() => isSecureContext);
    expect([await secure(page), await secure(insecure)]).toEqual([true, false]);
    const replies = [await page.call('question', asked), await insecure.call('question', asked)];
    for (const { classes } of replies) expect(classes).toEqual(model.expected(A_ROWS));
    expect(replies[0]!.scores).toHaveLength(30);
    expect(replies[1]!.scores).toEqual(replies[0]!.scores);
  });

  it('for classes alone of network A, whose argmax is garbled', async () => {
    const model = await serve(A);
    const asked = { servers: model.urls[0]!, rows: [...A_ROWS], dealer: dealer.url };
    for (const visitor of [page, insecure]) {
      const { classes, scores } = await visitor.call('question', asked);
      expect(classes).toEqual(model.expected(A_ROWS));
      expect(scores).toBeUndefined();
    }
  });

  it('two servers, each of which has half of the model', async () => {
    const model = await serve(PLAIN, { system: 'secureml' });
    const [a, b] = model.urls as [string, string];
    const { classes } = await page.call('question', { servers: [a, b], rows: [...TINY_ROWS] });
    expect(classes).toEqual(model.expected(TINY_ROWS));
    const swapped = await page.call('question', { servers: [b, a], rows: [...TINY_ROWS] });
    expect(swapped).toMatchObject({ code: 'server-role', classes: [] });
  });

  it('as a member, by a signature over the address that it was given', async () => {
    const membership = virtualMembership(nodePrimitives, systemRandom, 2);
    const directory = openDirectory(nodePrimitives, membership.authority.publicKey, membership.signed);
    const model = await serve(TINY, { access: { kind: 'members', directory } });
    const seed = toHex(membership.identities.get(memberId(2))!.secretKey.expose());
    const asked = { servers: model.urls[0]!, rows: [...TINY_ROWS], dealer: dealer.url };
    const asMember = await page.call('question', { ...asked, member: { member: 2, seed } });
    expect(asMember.classes).toEqual(model.expected(TINY_ROWS));
    const asAnother = await page.call('question', { ...asked, member: { member: 1, seed } });
    expect(asAnother).toMatchObject({ code: 'identity-signature', classes: [] });
    expect(await page.call('question', asked)).toMatchObject({ code: 'identity-required', classes: [] });
  });

  it.each([
    ['the masked weights', 100_000],
    ['the offer', 300],
  ])('and is told when the server goes away in the middle of %s; the next question is answered', async (_, after) => {
    const model = await serve(A);
    const { port } = new URL(model.urls[0]!);
    let cutting = true;
    const relay = await Relay.open(
      () => Number(port),
      () => (cutting ? { after, direction: 'down' } : undefined),
    );
    opened.push(relay);
    const asked = { servers: relay.url, rows: [...A_ROWS], dealer: dealer.url };
    expect(await page.call('question', asked)).toMatchObject({ code: 'inference-ended', classes: [] });
    expect(relay.cuts).toBe(1);
    await expect.poll(() => model.failed.map(({ code }) => code)).toEqual(['inference-ended']);
    cutting = false;
    const again = await page.call('question', asked);
    expect(again.classes).toEqual(model.expected(A_ROWS));
  });

  it('and is told when nobody is there, and when nothing comes', async () => {
    const rows = [...TINY_ROWS];
    const nobody = await page.call('question', { servers: 'http://127.0.0.1:9', rows });
    expect(nobody).toMatchObject({ code: 'peer-unreachable' });
    expect(nobody.message).toContain('ws://127.0.0.1:9/ask cannot be reached');
    const elsewhere = await page.call('question', { servers: `${dealer.url}/nowhere`, rows });
    expect(elsewhere).toMatchObject({ code: 'peer-unreachable' });
    const silent = await listening((server) =>
      accept(server, [{ path: '/ask', maxSessions: 1, onChannel: (channel) => channel.ended(BROWSER_MS) }]),
    );
    opened.push(silent);
    expect(await page.call('question', { servers: silent.url, rows, timeoutMs: 300 })).toMatchObject({
      code: 'peer-silent',
    });
  });

  it('and computes nothing with a dealer that it has not named', async () => {
    const model = await serve(TINY);
    const replied = await page.call('question', { servers: model.urls[0]!, rows: [...TINY_ROWS] });
    expect(replied).toMatchObject({ code: 'dealer-unnamed', classes: [], events: ['digits 4'] });
    expect(model.answered).toEqual([]);
  });

  it.each([
    ['before', []],
    ['offered', ['digits 4']],
    ['answered', ['digits 4', '4/7']],
  ] as const)('until it aborts (%s), which the server takes for leaving', async (abort, events) => {
    const model = await serve(TINY);
    const asked = { servers: model.urls[0]!, rows: [...TINY_ROWS], dealer: dealer.url };
    expect(await page.call('question', { ...asked, abort })).toMatchObject({ code: 'session-closed', events });
    const { classes } = await page.call('question', asked);
    expect(classes).toEqual(model.expected(TINY_ROWS));
    expect(model.failed).toEqual([]);
  });

  it('and refuses rows that do not fit, and another machine without TLS', async () => {
    const model = await serve(TINY);
    const asked = { servers: model.urls[0]!, rows: [...TINY_ROWS], dealer: dealer.url };
    const codeOf = async (changed: Partial<typeof asked>): Promise<string | undefined> =>
      (await page.call('question', { ...asked, ...changed })).code;
    expect(await codeOf({ rows: [...TINY_ROWS.subarray(1)] })).toBe('tensor-shape');
    expect(await codeOf({ rows: Array<number>(36).fill(1.5) })).toBe('input-range');
    expect(await codeOf({ servers: `ws://${INSECURE_HOST}` })).toBe('unsafe-plain-http');
    expect(await codeOf({ dealer: 'http://dealer.example' })).toBe('unsafe-plain-http');
    expect(model.failed).toEqual([]);
  });
});
