import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Models } from '../../client/driver/models.ts';
import { parseAddress } from '../../client/transport/address.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { ParameterLayout } from '../../protocol/model/layout.ts';
import { modelFile } from './support/rounds.ts';

const FILE = modelFile(3);
const HASH = nodePrimitives.sha256(FILE);
const OTHER = modelFile(4);

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Models from a server that gives one answer after another, and breaks the line where there is none. */
async function models(answers: readonly (Uint8Array | undefined)[]) {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    const bytes = answers[ranges.length - 1];
    if (bytes === undefined) {
      // Half of it, and the line breaks when the next connection is wanted.
      response.setHeader('content-length', FILE.length);
      response.write(FILE.subarray(0, 100), () => setTimeout(() => request.socket.destroySoon(), 20));
      return;
    }
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from > 0) response.writeHead(206, { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` });
    response.end(bytes.subarray(from));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const source = new Models({
    address: parseAddress(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    primitives: nodePrimitives,
    layout: new ParameterLayout({ bias: [3], kernel: [2, 2] }),
    firstPauseMs: 1,
  });
  return { source, ranges };
}

const signal = (): AbortSignal => new AbortController().signal;

describe('a model that is fetched', () => {
  it('with another hash is fetched again from its first byte, once', async () => {
    const { source, ranges } = await models([OTHER, FILE]);
    expect((await source.parameters(HASH, signal())).bias).toEqual(new Float32Array(3).fill(3));
    expect(ranges).toEqual([undefined, undefined]);
    const wrong = await models([OTHER, OTHER, FILE]);
    await expect(wrong.source.parameters(HASH, signal())).rejects.toMatchObject({ code: 'model-hash' });
    expect(wrong.ranges).toEqual([undefined, undefined]);
  });

  it('in part, and goes on as another file, is fetched again as a whole', async () => {
    const { source, ranges } = await models([undefined, OTHER, FILE]);
    expect((await source.parameters(HASH, signal())).bias).toEqual(new Float32Array(3).fill(3));
    expect(ranges[2]).toBeUndefined();
  });

  it('is not asked for again when its round is over, and the next round goes on with what has come', async () => {
    const { source, ranges } = await models([undefined, FILE]);
    const round = new AbortController();
    const fetched = source.parameters(HASH, round.signal);
    setTimeout(() => round.abort(new Error('the round is over')), 5);
    await expect(fetched).rejects.toThrow('over');
    // Nothing says that the line is broken by now: only after that a try could follow.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(ranges).toEqual([undefined]);
    expect((await source.parameters(HASH, signal())).bias).toEqual(new Float32Array(3).fill(3));
    expect(ranges).toHaveLength(2);
    expect(['bytes=100-', undefined]).toContain(ranges[1]);
  });
});
