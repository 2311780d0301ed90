import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { apiUrl, parseAddress } from '../../client/transport/address.ts';
import { fetchBytes } from '../../client/transport/http.ts';

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

const options = { path: 'v1/models/00', limit: 4, timeoutMs: 10_000 };

describe('fetchBytes', () => {
  it('reads what fits, from below the base path', async () => {
    const address = await serve(({ url }, response) => response.end(url === '/base/v1/models/00' ? '1234' : 'no'));
    expect(await fetchBytes(address, options)).toEqual(Uint8Array.of(49, 50, 51, 52));
  });

  it('reads an empty answer', async () => {
    const address = await serve((_, response) => response.end());
    expect(await fetchBytes(address, options)).toEqual(new Uint8Array());
  });

  it('refuses one byte more than the limit, though no length is announced', async () => {
    const address = await serve((_, response) => {
      response.write('123');
      response.end('45');
    });
    await expect(fetchBytes(address, options)).rejects.toMatchObject({ code: 'wire-bounds' });
  });

  it('names the status of a failure', async () => {
    const address = await serve((_, response) => response.writeHead(404).end());
    await expect(fetchBytes(address, options)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/404 to GET \/v1\/models\/00/) as string,
    });
  });

  it('asks again when the coordinator says so, who has too many requests', async () => {
    let asked = 0;
    const address = await serve((_, response) => {
      asked++;
      if (asked < 3) response.writeHead(429, { 'retry-after': '0' }).end('later');
      else response.end('1234');
    });
    expect(await fetchBytes(address, options)).toEqual(Uint8Array.of(49, 50, 51, 52));
    expect(asked).toBe(3);
  });

  it('waits no longer for that than for any answer', async () => {
    for (const header of ['1000000', 'soon']) {
      const address = await serve((_, response) => response.writeHead(429, { 'retry-after': header }).end());
      await expect(fetchBytes(address, { ...options, timeoutMs: 50 })).rejects.toMatchObject({
        code: 'unreachable',
        message: expect.stringContaining('50 ms') as string,
      });
    }
  });

  it('gives up where no answer comes', async () => {
    const address = await serve(() => undefined);
    await expect(fetchBytes(address, { ...options, timeoutMs: 20 })).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('20 ms') as string,
    });
  });

  it('stops with the caller’s own reason', async () => {
    const controller = new AbortController();
    const address = await serve(() => controller.abort(new Error('not wanted')));
    await expect(fetchBytes(address, { ...options, signal: controller.signal })).rejects.toThrow('not wanted');
  });

  it('says why a connection failed', async () => {
    const address = await serve((request) => request.socket.destroy());
    await expect(fetchBytes(address, options)).rejects.toMatchObject({ code: 'unreachable' });
  });
});

describe('parseAddress', () => {
  it('keeps a path in front of the API', () => {
    expect(apiUrl(parseAddress('https://example.org/cairn'), 'v1/x')).toBe('https://example.org/cairn/v1/x');
    expect(apiUrl(parseAddress('http://localhost:8080'), 'v1/x')).toBe('http://localhost:8080/v1/x');
  });

  it.each(['http://127.0.0.1:1', 'http://127.8.9.10', 'http://localhost', 'http://[::1]:8080', 'https://example.org'])(
    'takes %s without another word',
    (text) => {
      expect(parseAddress(text).text).toBe(text);
    },
  );

  it.each(['http://example.org', 'http://10.0.0.5:8080', 'http://127.0.0.1.example.org', 'http://[fe80::1]/'])(
    'takes %s only where plain HTTP is asked for',
    (text) => {
      expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'unsafe-plain-http' }) as Error);
      expect(parseAddress(text, true).origin).toBe(new URL(text).origin);
    },
  );

  it.each(['localhost:8080', 'ftp://a', 'http://', 'http://a/?b=c', 'http://a/#b', ''])('refuses %j', (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'config-invalid' }) as Error);
  });
});
