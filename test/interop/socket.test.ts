import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Coordinator, createCoordinator, MemoryStore, parseConfig } from '../../coordinator/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';
import { type VirtualMembership, virtualMembership } from '../../simulations/engine/virtual-task.ts';
import { ForeignClient } from './foreign-client.ts';
import { RawSocket } from './raw-socket.ts';
import { readText } from './support/files.ts';
import {
  hex,
  message,
  quantize,
  sha256,
  signed,
  T,
  text,
  toHex,
  TYPES,
  u32,
  u8,
  vectorLengthOf,
} from './second-implementation.ts';

// Everything below the coordinator is foreign here: sockets, frames, messages and the round itself. docs/protocol.md has
// to suffice for all of it.

const TASK = {
  name: 'toy',
  rounds: 1,
  cohort: 3,
  overSelect: 0,
  clip: 2,
  maxExamples: 10,
  lossBound: 4,
  scales: 'fixed',
  attempts: 1,
};
const RESULTS = [
  { update: [0.5, -0.25], examples: 10, loss: 1, accuracy: 0.5 },
  { update: [0.5, -0.25], examples: 10, loss: 2, accuracy: 0.75 },
  { update: [0.5, -0.25], examples: 5, loss: 3, accuracy: 1 },
];

/** Bytes of a full part. */
const PART = 262_144;

/** So many parameters that a masked vector travels in parts. */
const LARGE = 120_000;
const LARGE_RESULTS = RESULTS.map((result) => ({ ...result, update: Array.from({ length: LARGE }, () => 0.004) }));

type Results = typeof RESULTS;

let folder = '';
let membership: VirtualMembership;
let coordinator: Coordinator;
let large: Coordinator;

beforeAll(async () => {
  folder = await mkdtemp(joinPath(tmpdir(), 'cairn-interop-'));
  membership = virtualMembership(nodePrimitives, systemRandom, RESULTS.length);
  const file = joinPath(folder, 'members.bin');
  await writeFile(file, membership.signed);
  const start = (parameters: number): Promise<Coordinator> => {
    const config = parseConfig({
      port: 0,
      logLevel: 'silent',
      directory: { file, authorityKey: toHex(membership.authority.publicKey) },
      tasks: [{ ...TASK, model: { tensors: { w: [parameters] } } }],
    });
    return createCoordinator({ config, store: new MemoryStore() });
  };
  coordinator = await start(2);
  large = await start(LARGE);
});

afterAll(async () => {
  await Promise.all([coordinator.stop(), large.stop()]);
  await rm(folder, { recursive: true });
});

/**
 * Connects a member; its outcome resolves at the round's end.
 * @param breaks whether its connection breaks in the middle of its first long message
 */
async function join(
  member: number,
  at = coordinator,
  results: Results = RESULTS,
  breaks = false,
): Promise<{ socket: RawSocket; refused: number[]; outcome: Promise<ForeignClient> }> {
  const { directory, identities } = membership;
  const keys = new Map([...directory.entries].map(([id, { identityKey }]) => [Number(id), identityKey]));
  const seed = [...identities]
    .find(([id]) => id === member)![1]
    .secretKey.expose()
    .slice();
  const scheme = { clip: TASK.clip, maxExamples: TASK.maxExamples, lossBound: TASK.lossBound };
  const words = Array.from({ length: vectorLengthOf(results[0]!.update.length, 0) }, () => 2 ** 31);
  const client = new ForeignClient(member, seed, keys, () =>
    quantize({ ...scheme, inputBits: 16, modulusBits: 18 }, results[member - 1]!, words),
  );
  const refused: number[] = [];
  let done: (client: ForeignClient) => void;
  const outcome = new Promise<ForeignClient>((resolve) => (done = resolve));
  let unfinished: Uint8Array | undefined;
  let may = breaks;
  const id = sha256(u32(member)).slice(0, 16);
  const send = (bytes: Uint8Array): void => {
    if (may && bytes.length > PART) {
      may = false;
      unfinished = bytes;
      // The header, one part, and then the line is gone.
      void socket.sendLong(bytes, id, 35 + PART).then(async () => {
        socket.cut();
        socket = await RawSocket.open(at.port, receive);
      });
      return;
    }
    void socket.sendLong(bytes, id).then((refusal) => {
      if (refusal !== undefined) refused.push(bytes[2]!);
    });
  };
  const heard = new Set<string>();
  let challenge = '';
  const receive = (bytes: Uint8Array): void => {
    const context = bytes.subarray(3, 35);
    if (bytes[2] === TYPES.challenge) {
      challenge = toHex(context);
      const address = `http://127.0.0.1:${at.port}/`;
      const said = T('sign hello', context, Buffer.from(address), u32(member), Buffer.from(TASK.name));
      send(message(1, 'hello', context, u8(1), u32(member), text(address), signed(seed, said), u8(1), text(TASK.name)));
    } else if (bytes[2] === TYPES.welcome) {
      expect(toHex(bytes.subarray(35))).toBe(toHex(u32(member)) + toHex(u32(0)));
      if (unfinished !== undefined) send(unfinished);
    } else if (bytes[2] === TYPES.taskNews) {
      // No message of a round: it names the task, and needs no answer.
      expect(toHex(context)).toBe(challenge);
      expect(toHex(bytes.subarray(35)).startsWith(toHex(text(TASK.name)))).toBe(true);
    } else if (!heard.has(toHex(bytes))) {
      // On a new connection the coordinator sends again what was not answered.
      heard.add(toHex(bytes));
      for (const answer of client.receive(bytes)) send(answer);
      if (client.outcome !== undefined) done(client);
    }
  };
  let socket = await RawSocket.open(at.port, receive);
  return {
    get socket() {
      return socket;
    },
    refused,
    outcome,
  };
}

const get = async (path: string): Promise<Uint8Array> =>
  new Uint8Array(await (await fetch(`${coordinator.url}${path}`)).arrayBuffer());

describe('over sockets written by hand from section 11', () => {
  it('foreign clients run a round with the coordinator, and find its model under the hash they were told', async () => {
    const joined = [await join(1), await join(2), await join(3)];
    const clients = await Promise.all(joined.map(({ outcome }) => outcome));
    await coordinator.finished;
    expect(clients.map(({ outcome }) => outcome?.included)).toEqual([true, true, true]);
    expect(joined.map(({ refused }) => refused)).toEqual([[], [], []]);

    const { modelHash } = clients[0]!.outcome!;
    const model = await get(`/v1/models/${modelHash}`);
    expect(toHex(sha256(model))).toBe(modelHash);
    const header = new DataView(model.buffer).getUint32(0, true);
    const values = new Float32Array(model.slice(8 + header).buffer);
    // The model began at zero, since vectors do, and all have the same update.
    expect([...values]).toEqual([expect.closeTo(0.5, 3), expect.closeTo(-0.25, 3)]);

    expect(toHex(await get('/v1/directory'))).toBe(toHex(membership.signed));
    const reports = JSON.parse(Buffer.from(await get('/v1/tasks/toy/rounds')).toString()) as Record<string, unknown>[];
    expect(reports).toHaveLength(1);
    expect(reports[0]).toMatchObject({ outcome: 'committed', included: 3, examples: 25, drops: [], modelHash });
    for (const { socket } of joined) socket.leave();
  });

  it('section 11.2 names every path, and every field that is shown', async () => {
    const text = readText('docs/protocol.md');
    const section = text.slice(text.indexOf('### 11.2'), text.indexOf('## 12.'));
    // States name the fields of `states`; they are introduced before.
    const known = section + text.slice(text.indexOf('## 9.'), text.indexOf('## 10.'));
    const names = (value: unknown): string[] => {
      if (Array.isArray(value)) return value.flatMap(names);
      if (typeof value !== 'object' || value === null) return [];
      return Object.entries(value).flatMap(([key, inner]) => [key, ...names(inner)]);
    };
    const shown: string[] = [];
    for (const path of ['/v1', '/v1/tasks', '/v1/tasks/toy', '/v1/tasks/toy/rounds', '/v1/tasks/none']) {
      expect(section).toContain(`\`${path.replace('/toy', '/:task').replace('/none', '/:task')}\``);
      shown.push(...names(JSON.parse(Buffer.from(await get(path)).toString())));
    }
    expect(new Set(shown).size).toBeGreaterThan(30);
    const missing = [...new Set(shown)].filter(
      (name) => !known.includes(`\`${name}\``) && !known.includes(`"${name}"`),
    );
    expect(missing).toEqual([]);
  });

  it('foreign clients send vectors that travel in parts, and go on with one over a new connection', async () => {
    const joined = await Promise.all([1, 2, 3].map((member) => join(member, large, LARGE_RESULTS, member === 2)));
    await Promise.all(joined.map(({ outcome }) => outcome));
    await large.finished;
    expect(joined.map(({ refused }) => refused)).toEqual([[], [], []]);
    // The second one's line broke when the coordinator had the first full part: it goes on with the next.
    expect(joined.map(({ socket }) => socket.sentParts)).toEqual([
      [0, 35, 35 + PART],
      [0, 35 + PART],
      [0, 35, 35 + PART],
    ]);
    const { w } = large.model('toy')!;
    expect(w).toHaveLength(LARGE);
    expect(w!.every((value) => Math.abs(value - 0.004) < 0.0005)).toBe(true);
    for (const { socket } of joined) socket.leave();
  });

  it('a message of a member that is in no round is refused in its own context, and a bad Hello twice', async () => {
    const { socket } = await join(1);
    await expect.poll(() => coordinator.tasks[0]!.idle).toBeGreaterThan(0);
    const context = sha256(hex('00'));
    const refusal = await socket.send(message(1, 'consistency', context, new Uint8Array(64)));
    expect(toHex(refusal!.subarray(0, 35))).toBe(toHex(message(1, 'abort', context)));
    expect(Buffer.from(refusal!).toString()).toContain('member-unknown');
    socket.leave();

    const aborts: string[] = [];
    let greet: (challenge: Uint8Array) => void;
    const challenge = new Promise<Uint8Array>((resolve) => (greet = resolve));
    const other = await RawSocket.open(coordinator.port, (bytes) => {
      if (bytes[2] === TYPES.challenge) greet(bytes.slice(3, 35));
      else aborts.push(toHex(bytes));
    });
    const expected = await challenge;
    const hello = message(1, 'hello', expected, u8(1), u32(1), text('http://127.0.0.1/'), new Uint8Array(64), u8(0));
    const answer = toHex((await other.send(hello))!);
    expect(answer.startsWith(toHex(message(1, 'abort', expected, text('identity-signature'))))).toBe(true);
    await expect.poll(() => aborts).toEqual([answer]);
    other.leave();
  });
});
