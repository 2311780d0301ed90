import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { App } from '../../client/app.ts';
import type { ParticipationEvent } from '../../client/events.ts';
import { join } from '../../client/index.ts';
import type { Participation } from '../../client/participation.ts';
import type { Shapes } from '../../protocol/model/layout.ts';
import { decodeAbort } from '../../protocol/wire/messages/abort.ts';
import { closeAll, type Hall, membership, openHall, SHAPES } from './support/hall.ts';
import { memberHello, Peer } from './support/peer.ts';
import type { Script, ScriptedClient } from './support/scripted-client.ts';
import { until } from './support/until.ts';

/** Parameters of a model whose masked vectors take several parts. */
const DIMENSION = 300_000;

/** Trains whatever model it is given, by a small step. */
const adder = (shapes: Shapes): App<null> => ({
  shapes,
  data: () => null,
  train: (before) => {
    const parameters = Object.fromEntries(
      Object.entries(before).map(([name, all]) => [name, all.map((w) => w + 0.01)]),
    );
    return Promise.resolve({ parameters, examples: 100, loss: 1, accuracy: 0.5 });
  },
});

/** A real client, and everything that it tells. */
function enter(hall: Hall, member: number): { readonly client: Participation; readonly events: ParticipationEvent[] } {
  const events: ParticipationEvent[] = [];
  const { parameters } = hall.coordinator.tasks[0]!;
  const client = join(hall.coordinator.url, adder(parameters === DIMENSION ? { w: [DIMENSION] } : SHAPES), {
    identity: { member, keys: identity(member) },
    authorityKey: membership.authority.publicKey,
    policy: { minCohort: 2, colluding: 0.2 },
    reconnectDelayMs: 1,
    onEvent: (event) => events.push(event),
  });
  return { client, events };
}

const peers: Peer[] = [];

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close();
  await closeAll();
});

const hallWith = (limits: object, config: object = {}, task: Readonly<Record<string, unknown>> = {}): Promise<Hall> =>
  openHall(task, { config: { limits, ...config } });

function peerOf(hall: Hall): Peer {
  const peer = new Peer(hall.coordinator.url);
  peers.push(peer);
  return peer;
}

const identity = (member: number) => [...membership.identities.values()][member - 1]!;

/** Whether a connection comes about. */
function connects(peer: Peer): Promise<boolean> {
  return new Promise((resolve) => {
    peer.socket.on('connect', () => resolve(true));
    peer.socket.on('connect_error', () => resolve(false));
  });
}

/** Asks for a websocket. */
const UPGRADE = [
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
  'Host: 127.0.0.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  '\r\n',
].join('\r\n');

/** What a server says to bytes, and to more after its first answer, until it ends the connection. */
function answerTo(hall: Hall, bytes: string, andThen = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(hall.coordinator.port, '127.0.0.1');
    let answer = '';
    socket.once('data', () => socket.write(andThen, 'latin1'));
    socket.on('data', (data) => (answer += data.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    socket.write(bytes, 'latin1');
  });
}

async function metricsOf(hall: Hall): Promise<string> {
  return (await fetch(`${hall.coordinator.url}/metrics`)).text();
}

describe('requests beyond the limit of an address', () => {
  it('are answered with 429, the time to wait and our error, and counted', async () => {
    const hall = await hallWith({ requestsPerMinute: 3 });
    const get = () => fetch(`${hall.coordinator.url}/v1`);
    for (let i = 0; i < 3; i++) expect((await get()).status).toBe(200);
    const refused = await get();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ code: 'rate-limited', hint: expect.any(String) as string });
    expect(hall.lines.some((line) => line.includes('request-refused'))).toBe(true);
    expect((await fetch(`${hall.coordinator.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${hall.coordinator.url}/metrics`)).status).toBe(429);
  });

  it('are counted separately for models and directories', async () => {
    const hall = await hallWith({ downloadsPerMinute: 2 });
    const { modelHash } = hall.coordinator.tasks[0]!;
    const status = async (path: string): Promise<number> => (await fetch(hall.coordinator.url + path)).status;
    expect(await status(`/v1/models/${modelHash}`)).toBe(200);
    expect(await status('/v1/directory')).toBe(200);
    expect(await status(`/v1/models/${modelHash}`)).toBe(429);
    expect(await status('/v1/directory')).toBe(429);
    expect(await status('/v1/tasks')).toBe(200);
    expect(await metricsOf(hall)).toContain('cairn_refusals_total{what="request",code="rate-limited"} 2');
  });

  it('are distinguished behind a proxy by what it wrote, and by nothing that the client wrote', async () => {
    const hall = await hallWith({ requestsPerMinute: 1 }, { trustProxy: 1 });
    const status = async (forwarded: string): Promise<number> =>
      (await fetch(`${hall.coordinator.url}/v1`, { headers: { 'x-forwarded-for': forwarded } })).status;
    expect(await status('192.0.2.1')).toBe(200);
    expect(await status('192.0.2.2')).toBe(200);
    expect(await status('203.0.113.7, 192.0.2.1')).toBe(429);
  });

  it('are from one address if no proxy is trusted, whatever they claim', async () => {
    const hall = await hallWith({ requestsPerMinute: 1 });
    const headers = (forwarded: string) => ({ headers: { 'x-forwarded-for': forwarded } });
    expect((await fetch(`${hall.coordinator.url}/v1`, headers('192.0.2.1'))).status).toBe(200);
    expect((await fetch(`${hall.coordinator.url}/v1`, headers('192.0.2.2'))).status).toBe(429);
  });
});

describe('a connection that wastes time or memory', () => {
  it.each([
    ['sends half a header', 'GET /v1 HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: '],
    ['sends nothing', ''],
  ])('is ended when it %s', async (_name, bytes) => {
    const hall = await hallWith({ helloTimeoutMs: 100 });
    expect(await answerTo(hall, bytes)).toMatch(/^(HTTP\/1\.1 408 |$)/);
  });

  it('is ended when it has a websocket and sends no more', async () => {
    const hall = await hallWith({ helloTimeoutMs: 100 });
    expect(await answerTo(hall, UPGRADE)).toContain('101 Switching Protocols');
  });

  it('is ended when it pings without end before it is authenticated', async () => {
    const hall = await hallWith({ helloTimeoutMs: 1000 });
    // A masked ping without payload, and the pong to it. Whatever has been answered was text, or a few of these.
    const [ping, pong] = ['\x89\x80\0\0\0\0', '\x8a\0'];
    const answer = await answerTo(hall, UPGRADE, ping.repeat(1000));
    expect(answer).toContain('101 Switching Protocols');
    expect(answer.split(pong).length - 1).toBeLessThan(50);
  });

  it('is refused a body, and headers beyond 8 KiB', async () => {
    const hall = await hallWith({});
    const head = (...lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`;
    const post = await answerTo(hall, head('POST /v1 HTTP/1.1', 'Host: 127.0.0.1', 'Content-Length: 1000000000'));
    expect(post).toMatch(/^HTTP\/1\.1 413 /);
    expect(post).toContain('requests with a body are not accepted');
    const chunked = await answerTo(hall, head('GET /v1 HTTP/1.1', 'Host: 127.0.0.1', 'Transfer-Encoding: chunked'));
    expect(chunked).toMatch(/^HTTP\/1\.1 413 /);
    const long = await answerTo(hall, head('GET /v1 HTTP/1.1', 'Host: 127.0.0.1', `X-Long: ${'x'.repeat(9000)}`));
    expect(long).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe('connections', () => {
  it('of one address are no more than its limit at a time', async () => {
    const hall = await hallWith({ connectionsPerAddress: 2 });
    const [first, second, third] = [peerOf(hall), peerOf(hall), peerOf(hall)];
    const there = await Promise.all([first, second, third].map(connects));
    expect(there.filter(Boolean)).toHaveLength(2);
    expect(await metricsOf(hall)).toContain('cairn_refusals_total{what="connection",code="rate-limited"} 1');
    const leaving = [first, second, third][there.indexOf(true)]!;
    leaving.close();
    await leaving.ended;
    // The place is free when the server has seen the end.
    for (let came = false; !came;) came = await connects(peerOf(hall));
  });

  it('without a Hello are at most an eighth of the limit from one address, and the newest of them is heard', async () => {
    const hall = await hallWith({ strangers: 8 });
    const silent = peerOf(hall);
    expect(await connects(silent)).toBe(true);
    await peerOf(hall).greetAs(1, identity(1));
    await silent.ended;
    // Who has said Hello is in nobody's way.
    await peerOf(hall).greetAs(2, identity(2));
    expect(hall.members).toEqual(['joined 1', 'joined 2']);
  });

  it('are attempted no more often than an address may in a minute', async () => {
    const hall = await hallWith({ connectsPerMinute: 2 });
    const tried: boolean[] = [];
    for (let i = 0; i < 4; i++) tried.push(await connects(peerOf(hall)));
    expect(tried).toEqual([true, true, false, false]);
  });
});

describe('a seat', () => {
  it('is taken no more often than an identity may, and mere claims of the identity do not count', async () => {
    const hall = await hallWith({ seatsPerMinute: 2 });
    for (let i = 0; i < 5; i++) {
      const impostor = peerOf(hall);
      expect(await impostor.send(await impostor.hello(memberHello(1, identity(2))))).toBe('identity-signature');
    }
    for (let i = 0; i < 2; i++) await peerOf(hall).greetAs(1, identity(1));
    const third = peerOf(hall);
    expect(await third.send(await third.hello(memberHello(1, identity(1))))).toBe('rate-limited');
    await peerOf(hall).greetAs(2, identity(2));
  });
});

describe('a flood', () => {
  it('from an unauthenticated connection ends it', async () => {
    const hall = await hallWith({});
    const peer = peerOf(hall);
    await peer.next('challenge');
    // No events, the first of which would end it anyway: requests for a namespace that there is not.
    for (let i = 0; i < 50; i++) peer.socket.io.engine.write('0/elsewhere,');
    expect(decodeAbort(await peer.next('abort')).code).toBe('rate-limited');
    await peer.ended;
    expect(hall.members).toEqual([]);
  });

  it.each([
    ['messages', (client: ScriptedClient) => client.sendUnheard(new Uint8Array(3))],
    ['other events', (client: ScriptedClient) => client.emitOther()],
    ['bytes', (client: ScriptedClient) => client.sendUnheard(new Uint8Array(60_000))],
  ])('of %s costs a member its seat, and the round goes on without it', async (_what, send) => {
    const floods: Script = {
      send: (name, bytes, client) => {
        if (name !== 'maskedInput') return bytes;
        for (let i = 0; i < 500; i++) send(client);
        return undefined;
      },
    };
    const hall = await hallWith({ roundsOfMessages: 2 }, {}, { cohort: 5 });
    const clients = await Promise.all([1, 2, 3, 4, 5].map((member) => hall.join(member, member === 2 ? floods : {})));
    await hall.coordinator.finished;
    expect(hall.reports).toMatchObject([
      { outcome: 'committed', included: 4, drops: [{ member: 2, reason: 'rate-limited', effect: 'before-input' }] },
    ]);
    expect(hall.reports[0]!.benched).toMatchObject([{ member: 2, reason: 'rate-limited' }]);
    await until(() => hall.members.includes('left 2'));
    expect(hall.members.filter((what) => what.startsWith('left'))).toEqual(['left 2']);
    expect(clients[1]!.end).not.toMatchObject({ kind: 'committed' });
    const told = hall.lines.filter((line) => line.includes('message-refused') && line.includes('rate-limited'));
    expect(told).toHaveLength(1);
    expect(JSON.parse(told[0]!)).toMatchObject({ level: 40, member: 2 });
  });

  it('is never caused by honest clients: many fast rounds of long uploads with the minimum quota', async () => {
    const model = { model: { tensors: { w: [DIMENSION] }, seed: 1 } };
    const hall = await hallWith({ roundsOfMessages: 2 }, {}, { ...model, rounds: 12 });
    const clients = [1, 2, 3, 4].map((member) => enter(hall, member).client);
    await hall.coordinator.finished;
    expect(hall.reports.map(({ outcome, drops }) => [outcome, drops])).toEqual(
      Array.from({ length: 12 }, () => ['committed', []]),
    );
    expect(await metricsOf(hall)).not.toContain('rate-limited');
    await Promise.all(clients.map((client) => client.leave()));
  });
});

describe('two processes with one identity', () => {
  it('do not take the seat from each other in turn: the newer one keeps it, and the older one is told and ends', async () => {
    const hall = await openHall();
    const older = enter(hall, 1);
    await until(() => hall.members.includes('joined 1'));
    const newer = enter(hall, 1);
    await expect(older.client.closed).rejects.toMatchObject({
      code: 'refused',
      message: 'member 1 has connected again from elsewhere: run one process with each identity',
    });
    await until(() => newer.events.some(({ kind }) => kind === 'connected'));
    // Whatever the older one might still try has come about by the time that others have joined and run a round.
    await Promise.all([2, 3, 4].map((member) => hall.join(member)));
    await hall.coordinator.finished;
    expect(hall.reports).toMatchObject([{ outcome: 'committed', included: 4, drops: [] }]);
    expect(hall.members.filter((what) => what.endsWith(' 1'))).toEqual(['joined 1', 'back 1']);
    expect(older.events.filter(({ kind }) => kind === 'connected')).toHaveLength(1);
    await newer.client.leave();
  });
});
