import { createServer, request as httpRequest, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import type { JoinOptions } from '../../client/options.ts';
import type { CairnError } from '../../protocol/errors.ts';
import { certificate } from '../support/certificate.ts';
import { closeAll, openHall, temporaryFolder } from '../coordinator/support/hall.ts';
import { until } from '../coordinator/support/until.ts';
import { Relay } from '../support/relay.ts';
import { StepApp } from './support/rounds.ts';
import { useClients } from './support/session.ts';

/*
 * What happened to people: they joined at https:// where the coordinator spoke plain HTTP, or through a proxy that passes
 * pages on and no websockets, and were told of a wrong version number, a hang-up, or nothing.
 */

const { enter } = useClients();

interface Closable {
  close(): unknown;
}
const servers: { readonly server: Closable; readonly sockets: Set<Socket> }[] = [];
afterEach(async () => {
  for (const { server, sockets } of servers.splice(0)) {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
  await closeAll();
});

type Listening = Closable & {
  on(event: 'connection', listener: (socket: Socket) => void): unknown;
  listen(port: number, host: string, listening: () => void): unknown;
  address(): AddressInfo | string | null;
};

/** Starts to listen on a free port. @returns the port */
async function listening(server: Listening): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  servers.push({ server, sockets });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Longer than a test may take: what is told within it does not wait for its end. */
const PATIENT: JoinOptions = { connectTimeoutMs: 3_600_000 };

/** What a client is told that joins there. */
async function told(url: string, options: JoinOptions): Promise<CairnError> {
  return enter(url, new StepApp(), options).participation.closed.then(
    () => Promise.reject(new Error('it has joined')),
    (error: unknown) => error as CairnError,
  );
}

/**
 * What a client is told at the end of its patience. A busy machine may not have come to the reason by then: those who are
 * not told of it are given twice the time, a few times.
 */
async function toldInTime(url: string, reason: string): Promise<CairnError> {
  for (let connectTimeoutMs = 300; ; connectTimeoutMs *= 2) {
    const error = await told(url, { connectTimeoutMs });
    if (error.message.includes(reason) || connectTimeoutMs > 5000) return error;
  }
}

const unreachable = (message: string, hint: string): unknown =>
  expect.objectContaining({
    code: 'unreachable',
    message: expect.stringContaining(message) as string,
    hint: expect.stringContaining(hint) as string,
  });

/** A proxy in front of a coordinator that passes requests on, and does with websockets what a test says. */
async function proxy(
  target: string,
  upgrade?: (request: unknown, socket: Duplex) => void,
): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const pass: RequestListener = ({ url, method }, response) => {
    asked.push(url ?? '');
    const onward = httpRequest(new URL(url ?? '/', target), { method }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end('Bad Gateway'));
    onward.end();
  };
  // Without a listener Node takes a request for a websocket as any other: a proxy that strips the headers.
  const server: Server = createServer(pass);
  if (upgrade !== undefined) server.on('upgrade', upgrade);
  return { url: `http://127.0.0.1:${await listening(server)}`, asked };
}

const answering =
  (status: string) =>
  (_request: unknown, socket: Duplex): void =>
    void socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);

describe('joining with the wrong scheme', () => {
  it('https at a coordinator without TLS says so at once, and where to join', async () => {
    const hall = await openHall();
    const { port } = new URL(hall.coordinator.url);
    const error = await told(`https://127.0.0.1:${port}`, PATIENT);
    expect(error).toEqual(unreachable('this port speaks plain HTTP', `http://127.0.0.1:${port}`));
    expect(error.hint).toContain('--tls-cert');
  });

  it('https at any other server without TLS says so', async () => {
    const port = await listening(createServer((_, response) => response.end('hello')));
    expect(await toldInTime(`https://127.0.0.1:${port}/cairn`, 'speaks')).toEqual(
      unreachable('this port speaks plain HTTP', `http://127.0.0.1:${port}/cairn`),
    );
  });

  it('http at a port with TLS says so at once, also where its certificate is not trusted', async () => {
    const files = await certificate(await temporaryFolder());
    const [cert, key] = await Promise.all([readFile(files.cert), readFile(files.key)]);
    const port = await listening(createTlsServer({ cert, key }, (_, response) => response.end('hello')));
    expect(await told(`http://127.0.0.1:${port}`, PATIENT)).toEqual(
      unreachable('this port speaks TLS', `https://127.0.0.1:${port}`),
    );
  });

  it('is not what is said of a port at which nobody speaks at all', async () => {
    const port = await listening(createTcpServer((socket) => socket.destroy()));
    for (const scheme of ['http', 'https']) {
      const { message } = await toldInTime(`${scheme}://127.0.0.1:${port}`, 'within');
      expect(message).toContain('no coordinator answered');
      expect(message).not.toContain('speaks');
    }
  });

  it('is not what is said of a certificate that is not trusted: a server answers, and how to trust it', async () => {
    const files = await certificate(await temporaryFolder());
    const [cert, key] = await Promise.all([readFile(files.cert), readFile(files.key)]);
    const port = await listening(createTlsServer({ cert, key }, (_, response) => response.end('hello')));
    const error = await told(`https://127.0.0.1:${port}`, PATIENT);
    expect(error).toEqual(
      unreachable('a server answers there, but its certificate is not trusted: self-signed', 'NODE_EXTRA_CA_CERTS'),
    );
    expect(error.message).not.toContain('speaks');
    expect(error.message).not.toContain('no coordinator answered');
  });
});

describe('joining through a proxy that passes on no websockets', () => {
  it.each<[string, Parameters<typeof proxy>[1], string]>([
    ['takes its headers away', undefined, 'the websocket was answered with status 400'],
    ['forbids it', answering('403 Forbidden'), 'the websocket was answered with status 403'],
    ['finds nothing there', answering('404 Not Found'), 'the websocket was answered with status 404'],
    ['has a bad gateway', answering('502 Bad Gateway'), 'the websocket was answered with status 502'],
    ['hangs up', (_request, socket) => void socket.destroy(), 'socket hang up'],
    ['says nothing at all', () => undefined, 'no answer'],
  ])('and %s: the page answers, the websocket does not, and the proxy is named', async (_, upgrade, reason) => {
    const hall = await openHall();
    const { url } = await proxy(hall.coordinator.url, upgrade);
    const error = await toldInTime(url, `(${reason}`);
    expect(error).toEqual(
      unreachable('the coordinator’s page answers, but the websocket does not get through', 'proxy'),
    );
    expect(error.message).toContain(reason);
    expect(error.hint).toContain('docs/deployment.md');
    expect(error.hint).toContain('Upgrade');
  });

  it('is looked into three times at most, however often the client tries', async () => {
    const hall = await openHall();
    const statuses = ['403 Forbidden', '404 Not Found', '405 No', '406 No', '409 No', '410 Gone', '418 No'];
    let tries = 0;
    const { url, asked } = await proxy(hall.coordinator.url, (request, socket) => {
      answering(statuses[tries++ % statuses.length]!)(request, socket);
    });
    const { participation } = enter(url, new StepApp(), PATIENT);
    await until(() => tries > 12 && asked.length >= 3);
    await participation.leave();
    expect(asked).toEqual(['/v1', '/v1', '/v1']);
  });

  it('is not what is said of a coordinator that has too many connections', async () => {
    const hall = await openHall({}, { config: { limits: { connectsPerMinute: 1 } } });
    await hall.join(1);
    const { message } = await toldInTime(hall.coordinator.url, 'too many');
    expect(message).toContain('too many connections');
    expect(message).not.toContain('proxy');
  });

  it('is not looked into by a client that gets its seat', async () => {
    const asked: string[] = [];
    let port = 0;
    const relay = await Relay.open(
      () => port,
      (request) => {
        const path = /^GET (\S+)/.exec(request)?.[1];
        if (path !== undefined) asked.push(path);
        return undefined;
      },
    );
    try {
      const hall = await openHall(
        { adversary: 'curious', unsafeOpenEnrolment: true },
        { config: { directory: undefined, publicUrls: [relay.url] } },
      );
      port = Number(new URL(hall.coordinator.url).port);
      await enter(relay.url).log.next('connected');
    } finally {
      await relay.close();
    }
    expect(asked.filter((path) => path.startsWith('/socket.io'))).toHaveLength(1);
    expect(asked.filter((path) => path.startsWith('/v1'))).toEqual([]);
  });
});

describe('joining where something else answers', () => {
  it.each<[string, RequestListener, string, string]>([
    [
      'a captive portal’s page',
      (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome to our Wi-Fi</h1>'),
      'a web page answers there',
      'asks for a login',
    ],
    [
      'a captive portal’s redirect',
      (_, response) => response.writeHead(302, { location: 'http://login.example/' }).end(),
      'a web page answers there',
      'asks for a login',
    ],
    ['a network’s login', (_, response) => response.writeHead(511).end(), 'asks for a login', 'browser'],
    [
      'another API',
      (_, response) => response.writeHead(404, { 'content-type': 'application/json' }).end('{}'),
      'another server (status 404',
      'check the address',
    ],
    [
      'JSON of another server',
      (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"name":"express"}'),
      'another server (status 200',
      'check the address',
    ],
    ['a proxy without its coordinator', (_, response) => response.writeHead(502).end(), 'status 502', 'is running'],
  ])('says what it is: %s', async (_, listener, message, hint) => {
    const port = await listening(createServer(listener));
    expect(await toldInTime(`http://127.0.0.1:${port}`, message)).toEqual(unreachable(message, hint));
  });
});
