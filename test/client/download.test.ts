import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAddress } from '../../client/transport/address.ts';
import { Download, type DownloadOptions } from '../../client/transport/download.ts';
import type { Address } from '../../client/transport/transport.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<ReturnType<typeof parseAddress>> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return parseAddress(`http://127.0.0.1:${(server.address() as AddressInfo).port}/base`);
}

const WHOLE = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
const signal = (): AbortSignal => new AbortController().signal;

const download = (address: Address, change: Partial<DownloadOptions> = {}): Download =>
  new Download(address, { path: 'v1/models/00', limit: WHOLE.length, resumes: true, firstPauseMs: 1, ...change });

/** The first byte that a request asks for. */
const fromOf = ({ headers }: IncomingMessage): number => Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);

/** Answers with so many bytes from where the request asks, of all that are left, and then cuts the line or ends. */
function answerPart(request: IncomingMessage, response: ServerResponse, bytes: number): void {
  const from = fromOf(request);
  if (from > 0) {
    response.statusCode = 206;
    response.setHeader('content-range', `bytes ${from}-${WHOLE.length - 1}/${WHOLE.length}`);
  }
  response.setHeader('content-length', WHOLE.length - from);
  const part = WHOLE.subarray(from, from + bytes);
  if (from + part.length === WHOLE.length) response.end(part);
  else response.write(part, () => setImmediate(() => request.socket.destroySoon()));
}

describe('a download', () => {
  it('reads what fits, from below the base path', async () => {
    const address = await serve(({ url }, response) => response.end(url === '/base/v1/models/00' ? '1234' : 'no'));
    expect(await download(address, { limit: 4 }).whole(signal())).toEqual(Uint8Array.of(49, 50, 51, 52));
  });

  it('reads an empty answer', async () => {
    const address = await serve((_, response) => response.end());
    expect(await download(address).whole(signal())).toEqual(new Uint8Array());
  });

  it('refuses one byte more than the limit, though no length is announced, and though it came in two parts', async () => {
    const address = await serve((_, response) => {
      response.write('123');
      response.end('45');
    });
    const error = { code: 'wire-bounds' };
    await expect(download(address, { limit: 4 }).whole(signal())).rejects.toMatchObject(error);
    const cut = await serve((request, response) => answerPart(request, response, 60_000));
    await expect(download(cut, { limit: 80_000 }).whole(signal())).rejects.toMatchObject(error);
  });

  it('that is cut off goes on where it was, and asks for no byte twice', async () => {
    const asked: number[] = [];
    const address = await serve((request, response) => {
      asked.push(fromOf(request));
      answerPart(request, response, 30_000);
    });
    expect(await download(address).whole(signal())).toEqual(WHOLE);
    // What was sent just before the line broke may be lost with it.
    expect(asked[0]).toBe(0);
    for (let i = 1; i < asked.length; i++) {
      expect(asked[i]).toBeGreaterThanOrEqual(asked[i - 1]!);
      expect(asked[i]).toBeLessThanOrEqual(asked[i - 1]! + 30_000);
    }
    expect(asked.at(-1)).toBeGreaterThanOrEqual(WHOLE.length - 30_000);
  });

  it('begins again where the path may name something else by now', async () => {
    const asked: number[] = [];
    const address = await serve((request, response) => {
      asked.push(fromOf(request));
      answerPart(request, response, asked.length === 3 ? WHOLE.length : 30_000);
    });
    expect(await download(address, { resumes: false }).whole(signal())).toEqual(WHOLE);
    expect(asked).toEqual([0, 0, 0]);
  });

  it('begins again where the server knows no ranges', async () => {
    let asked = 0;
    const address = await serve((request, response) => {
      asked++;
      request.headers.range = '';
      answerPart(request, response, asked === 3 ? WHOLE.length : 30_000);
    });
    expect(await download(address).whole(signal())).toEqual(WHOLE);
  });

  it('is complete where only the end of the answer was missed, and begins again where it is too long', async () => {
    for (const [total, asked] of [
      [30_000, 2],
      [20_000, 3],
    ]) {
      let requests = 0;
      const address = await serve((request, response) => {
        requests++;
        if (requests === 3) {
          response.end(WHOLE.subarray(0, total));
        } else if (fromOf(request) > 0) {
          response.writeHead(416, { 'content-range': `bytes */${total}` }).end();
        } else {
          answerPart(request, response, 30_000);
        }
      });
      expect(await download(address).whole(signal())).toEqual(WHOLE.slice(0, total));
      expect(requests).toBe(asked);
    }
  });

  it('takes no other part than the one it asked for', async () => {
    let requests = 0;
    const address = await serve((request, response) => {
      requests++;
      if (requests === 2) {
        const headers = { 'content-range': `bytes 50000-99999/${WHOLE.length}` };
        response.writeHead(206, headers).end(WHOLE.subarray(50_000));
      } else answerPart(request, response, requests === 1 ? 30_000 : WHOLE.length);
    });
    expect(await download(address).whole(signal())).toEqual(WHOLE);
    expect(requests).toBe(3);
  });

  it('takes a connection on which nothing comes for dead, and makes another', async () => {
    let requests = 0;
    const address = await serve((request, response) => {
      requests++;
      if (requests === 1) response.write(WHOLE.subarray(0, 10));
      else if (requests > 2) answerPart(request, response, WHOLE.length);
    });
    expect(await download(address, { silenceMs: 50 }).whole(signal())).toEqual(WHOLE);
    expect(requests).toBe(3);
  });

  it.each([429, 503])('is tried again when the coordinator says, after status %i', async (status) => {
    let asked = 0;
    const address = await serve((request, response) => {
      asked++;
      if (asked < 3) response.writeHead(status, { 'retry-after': '0' }).end('later');
      else answerPart(request, response, WHOLE.length);
    });
    expect(await download(address, { firstPauseMs: 3_600_000 }).whole(signal())).toEqual(WHOLE);
    expect(asked).toBe(3);
  });

  it.each([408, 500, 502, 503, 504])('is tried again after a fault that passes: %i', async (status) => {
    let asked = 0;
    const address = await serve((request, response) => {
      asked++;
      if (asked === 1) response.writeHead(status).end();
      else answerPart(request, response, WHOLE.length);
    });
    expect(await download(address).whole(signal())).toEqual(WHOLE);
  });

  it.each([
    [400, 'unreachable'],
    [403, 'unreachable'],
    [404, 'unreachable'],
    [410, 'unreachable'],
    [416, 'unreachable'],
    [302, 'unreachable'],
    [421, 'coordinator-address'],
  ])('ends at once with an answer that stays the same: %i', async (status, code) => {
    let asked = 0;
    const address = await serve((_, response) => {
      asked++;
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
    await expect(download(address).whole(signal())).rejects.toMatchObject({ code });
    // `fetch` itself asks once more where it was misdirected.
    expect(asked).toBe(status === 421 ? 2 : 1);
  });

  it('names the status and the path', async () => {
    const address = await serve((_, response) => response.writeHead(404).end());
    await expect(download(address).whole(signal())).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/404 to GET \/v1\/models\/00/) as string,
    });
  });

  it('takes no web page for a model: a login page of the network says so', async () => {
    const address = await serve((_, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end('<h1>Welcome to our Wi-Fi</h1>');
    });
    await expect(download(address).whole(signal())).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('page for people') as string,
      hint: expect.stringContaining('login') as string,
    });
  });

  it('that nobody wants any more is not tried again, says why it failed, and goes on later where it was', async () => {
    const asked: number[] = [];
    const address = await serve((request, response) => {
      asked.push(fromOf(request));
      answerPart(request, response, 60_000);
    });
    const kept = download(address);
    await expect(kept.whole(signal(), () => false)).rejects.toMatchObject({ code: 'unreachable' });
    const { length } = kept;
    expect(asked).toEqual([0]);
    expect(await kept.whole(signal())).toEqual(WHOLE);
    expect(asked[1]).toBe(length);
  });

  it('stops with the caller’s own reason, while it is asked for and while it pauses', async () => {
    const controller = new AbortController();
    const silent = await serve(() => controller.abort(new Error('not wanted')));
    await expect(download(silent).whole(controller.signal)).rejects.toThrow('not wanted');
    const pausing = new AbortController();
    const broken = await serve((request, response) => {
      response.writeHead(503).end();
      request.socket.on('close', () => pausing.abort(new Error('not wanted')));
    });
    const all = download(broken, { firstPauseMs: 3_600_000 }).whole(pausing.signal);
    setTimeout(() => pausing.abort(new Error('not wanted')), 50);
    await expect(all).rejects.toThrow('not wanted');
  });
});
