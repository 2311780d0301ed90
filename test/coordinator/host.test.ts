import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { Addresses } from '../../coordinator/addresses.ts';
import { closeAll, type Hall, openHall } from './support/hall.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await closeAll();
});

const PUBLIC = ['https://train.example.org', 'https://other.example.org:8443/cairn'];
const PATHS = ['/healthz', '/readyz', '/metrics', '/v1', '/v1/tasks', '/v1/tasks/toy', '/v1/directory', '/nothing'];

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

/** One request, at the loopback unless another address is given. */
function ask(port: number, headers: IncomingHttpHeaders, path = '/v1', address = '127.0.0.1'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ host: address, port, path, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    asked.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode, body: '' });
    });
    asked.on('error', reject);
    asked.end();
  });
}

const statusAt = async (hall: Hall, host: string, path?: string): Promise<number | undefined> =>
  (await ask(hall.coordinator.port, { host }, path)).status;

const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': Buffer.alloc(16).toString('base64'),
};
const knock = (hall: Hall, headers: IncomingHttpHeaders): Promise<Answer> =>
  ask(hall.coordinator.port, { ...UPGRADE, ...headers }, '/socket.io/?EIO=4&transport=websocket');

/** Bytes as they are, and the answer's first line. */
function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('error', reject).on('close', () => resolve(text.split('\r\n')[0]!));
  });
}

describe('a page whose own name points at this machine (DNS rebinding)', () => {
  it.each(PATHS)('reads nothing at %s', async (path) => {
    const hall = await openHall();
    const { status, body } = await ask(
      hall.coordinator.port,
      { host: `rebound.example:${hall.coordinator.port}` },
      path,
    );
    expect(status).toBe(421);
    expect(JSON.parse(body)).toEqual({
      code: 'coordinator-address',
      message: 'the requested host is not one of this coordinator’s',
      hint: expect.stringContaining('publicUrls') as string,
    });
    expect(hall.lines.some((line) => line.includes('request-refused') && line.includes('coordinator-address'))).toBe(
      true,
    );
  });

  it('would read everything if its name were one of the coordinator’s', async () => {
    const hall = await openHall({}, { config: { publicUrls: ['http://rebound.example'] } });
    expect(await ask(hall.coordinator.port, { host: 'rebound.example' }, '/v1/tasks')).toMatchObject({ status: 200 });
  });

  it('opens no socket, whatever origin it names', async () => {
    const hall = await openHall();
    const host = `rebound.example:${hall.coordinator.port}`;
    for (const headers of [{ origin: `http://${host}` }, { origin: hall.coordinator.url }]) {
      const { status, body } = await knock(hall, { ...headers, host });
      expect(status).toBe(421);
      expect(JSON.parse(body)).toMatchObject({ code: 'coordinator-address' });
    }
    expect((await knock(hall, {})).status).toBe(101);
    // No browser: its Hello is judged by the address that it signs.
    expect((await knock(hall, { host })).status).toBe(101);
  });
});

describe('a coordinator without names', () => {
  it('answers where it listens and where a connection arrived, in every spelling', async () => {
    const hall = await openHall();
    const { port } = hall.coordinator;
    for (const host of ['127.0.0.1', 'localhost', 'LocalHost', 'localhost.', '127.0.0.1.', '0x7f.1', '127.1']) {
      expect(await statusAt(hall, `${host}:${port}`), host).toBe(200);
      expect(await statusAt(hall, host), host).toBe(200);
      expect(await statusAt(hall, `${host}:`), host).toBe(200);
      expect(await statusAt(hall, `${host}:${port === 1 ? 2 : 1}`), host).toBe(421);
    }
    for (const host of [
      '127.0.0.2',
      'localhost.example',
      'a@localhost',
      'localhost/',
      '[::1]',
      'localhost..',
      ':',
      '.',
    ])
      expect(await statusAt(hall, host), host).toBe(421);
  });

  it('accepts an old program without the header: no browser leaves it out', async () => {
    const { port } = (await openHall()).coordinator;
    expect(await raw(port, 'GET /healthz HTTP/1.0\r\n\r\n')).toContain(' 200 ');
    expect(await raw(port, 'GET /v1 HTTP/1.0\r\nHost:\r\n\r\n')).toContain(' 421 ');
    expect(await raw(port, 'GET /v1 HTTP/1.0\r\nHost: rebound.example\r\n\r\n')).toContain(' 421 ');
    // The newer version asks for it.
    expect(await raw(port, 'GET /v1 HTTP/1.1\r\nConnection: close\r\n\r\n')).toContain(' 400 ');
  });

  const ipv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
  it.runIf(ipv6)('answers at IPv6 addresses, however they are written', async () => {
    const { port } = (await openHall({}, { config: { host: '::1' } })).coordinator;
    const status = async (host: string) => (await ask(port, { host }, '/v1', '::1')).status;
    for (const host of ['[::1]', '[0:0:0:0:0:0:0:1]', '[0::1]', 'localhost']) {
      expect(await status(`${host}:${port}`), host).toBe(200);
      expect(await status(host), host).toBe(200);
    }
    for (const host of ['::1', '[::2]', '[::1', '127.0.0.1', '[localhost]']) expect(await status(host), host).toBe(421);
  });

  const outside = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  it.runIf(outside !== undefined)('answers probes and scrapers at the machine’s own address', async () => {
    const config = { host: '0.0.0.0', unsafePlainHttp: true };
    const { port } = (await openHall({}, { config })).coordinator;
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      expect((await ask(port, { host: `${outside!}:${port}` }, path, outside)).status).toBe(200);
      // The loopback's name is not that of what comes from outside.
      expect((await ask(port, { host: `localhost:${port}` }, path, outside)).status).toBe(421);
      expect((await ask(port, { host: `0.0.0.0:${port}` }, path)).status).toBe(421);
    }
  });
});

describe('a coordinator with names', () => {
  it('answers under them, with their port or without one', async () => {
    const hall = await openHall({}, { config: { publicUrls: PUBLIC } });
    for (const host of [
      'train.example.org',
      'train.example.org:443',
      'TRAIN.Example.org.',
      'other.example.org',
      'other.example.org:8443',
    ])
      expect(await statusAt(hall, host), host).toBe(200);
    for (const host of [
      'train.example.org:80',
      'train.example.org:8443',
      'other.example.org:443',
      'example.org',
      'train.example.org.evil.example',
      'evil-train.example.org',
      'train.example.org, evil.example',
      'train.example.org@evil.example',
    ])
      expect(await statusAt(hall, host), host).toBe(421);
  });

  it('still answers probes, scrapers and the proxy at its own address', async () => {
    const hall = await openHall({}, { config: { publicUrls: PUBLIC } });
    for (const path of ['/healthz', '/readyz', '/metrics', '/v1'])
      expect(await statusAt(hall, `127.0.0.1:${hall.coordinator.port}`, path)).toBe(200);
    expect(await statusAt(hall, `rebound.example:${hall.coordinator.port}`, '/healthz')).toBe(421);
  });

  it('opens sockets under them', async () => {
    const hall = await openHall({}, { config: { publicUrls: PUBLIC } });
    expect((await knock(hall, { host: 'train.example.org', origin: 'https://train.example.org' })).status).toBe(101);
    expect((await knock(hall, { host: 'train.example.org' })).status).toBe(101);
    expect((await knock(hall, { host: 'evil.example', origin: 'https://train.example.org' })).status).toBe(421);
  });
});

/** A reverse proxy in the manner of nginx. @param headers what it sets, by what it was asked */
async function proxy(to: number, headers: (host: string) => Record<string, string>): Promise<number> {
  const server = createServer((asked, answer) => {
    const options = { port: to, host: '127.0.0.1', path: asked.url, headers: headers(asked.headers.host ?? '') };
    httpRequest({ ...options, agent: false }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    }).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  ends.push(() => new Promise((closed) => server.close(closed)));
  return (server.address() as AddressInfo).port;
}

describe('behind a proxy', () => {
  const open = () => openHall({}, { config: { publicUrls: PUBLIC, trustProxy: 1 } });

  it('that forwards the host, with its port or without, other hosts are refused', async () => {
    const hall = await open();
    // proxy_set_header Host $host; and $http_host.
    for (const passed of [(host: string) => host.replace(/:\d+$/, ''), (host: string) => host]) {
      const port = await proxy(hall.coordinator.port, (host) => ({
        host: passed(host),
        'x-forwarded-for': '10.1.1.1',
      }));
      for (const host of ['train.example.org', 'other.example.org:8443'])
        expect((await ask(port, { host })).status, host).toBe(200);
      expect((await ask(port, { host: 'rebound.example' })).status).toBe(421);
    }
  });

  it('that uses the coordinator’s name but reports the original host, other hosts are refused', async () => {
    const hall = await open();
    const port = await proxy(hall.coordinator.port, (host) => ({
      host: `127.0.0.1:${hall.coordinator.port}`,
      'x-forwarded-host': host,
    }));
    expect((await ask(port, { host: 'train.example.org' })).status).toBe(200);
    expect((await ask(port, { host: 'rebound.example' })).status).toBe(421);
    expect((await ask(port, { host: 'train.example.org, rebound.example' })).status).toBe(421);
  });

  it('that is not trusted, its report of the host is ignored', async () => {
    const hall = await openHall({}, { config: { publicUrls: PUBLIC } });
    const { port } = hall.coordinator;
    expect((await ask(port, { host: 'rebound.example', 'x-forwarded-host': 'train.example.org' })).status).toBe(421);
    expect((await ask(port, { host: 'train.example.org', 'x-forwarded-host': 'rebound.example' })).status).toBe(200);
  });
});

describe('a host', () => {
  it('of a coordinator with TLS has the default port of https', () => {
    const own = new Addresses({ publicUrls: [], host: '10.0.0.5', scheme: 'https' });
    const end = { localAddress: '::ffff:10.0.0.5', localPort: 443 };
    for (const host of ['10.0.0.5', '10.0.0.5:443', '10.0.0.5:0443']) expect(own.hasHost(host, end), host).toBe(true);
    for (const host of ['10.0.0.5:80', '10.0.0.5:', '10.0.0.5:4430'])
      expect(own.hasHost(host, end), host).toBe(host.endsWith(':'));
  });
});
