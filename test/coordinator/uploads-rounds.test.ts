import { afterEach, describe, expect, it, vi } from 'vitest';
import type { App } from '../../client/app.ts';
import { join } from '../../client/index.ts';
import type { ParticipationEvent } from '../../client/events.ts';
import type { Participation } from '../../client/participation.ts';
import { Slots } from '../../coordinator/gateway/slots.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { memberId } from '../../protocol/ids.ts';
import { HEADER_LENGTH } from '../../protocol/wire/header.ts';
import { encodePart, PART_LENGTH, partsOf } from '../../protocol/wire/messages/part.ts';
import { closeAll, type Hall, membership, openHall } from './support/hall.ts';
import type { ScriptedClient } from './support/scripted-client.ts';
import { until } from './support/until.ts';

/** Parameters of a model whose masked vectors take several parts. */
const DIMENSION = 300_000;
/** Of uploads that tests make by hand. */
const ID = new Uint8Array(16).fill(5);
const MODEL = { model: { tensors: { w: [DIMENSION] }, seed: 1 }, clip: 1000, lossBound: 16 };

const clients: Participation[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(clients.splice(0).map((client) => client.leave()));
  await closeAll();
});

/** Adds one number to every parameter. */
class Adder implements App<null> {
  readonly shapes = { w: [DIMENSION] };
  readonly #step: number;

  constructor(step: number) {
    this.#step = step;
  }

  data(): null {
    return null;
  }

  train(parameters: Record<string, Float32Array>): ReturnType<App['train']> {
    const w = parameters.w!.map((value) => value + this.#step);
    return Promise.resolve({ parameters: { w }, examples: 100, loss: 1, accuracy: 0.5 });
  }
}

/** A real client, and everything that it tells. */
function enter(hall: Hall, member: number, step: number): ParticipationEvent[] {
  const events: ParticipationEvent[] = [];
  const id = memberId(member);
  const client = join(hall.coordinator.url, new Adder(step), {
    identity: { member, keys: membership.identities.get(id)! },
    authorityKey: membership.authority.publicKey,
    policy: { minCohort: 2, colluding: 0.2 },
    primitives: nodePrimitives,
    reconnectDelayMs: 1,
    onEvent: (event) => events.push(event),
  });
  clients.push(client);
  return events;
}

/** The greatest number of uploads that are assembled at a time, and that wait, from now on. */
function watchSlots(): { held: number; queued: number } {
  const most = { held: 0, queued: 0 };
  const request = Slots.prototype.request;
  vi.spyOn(Slots.prototype, 'request').mockImplementation(function (this: Slots, claimant) {
    request.call(this, claimant);
    most.held = Math.max(most.held, this.held);
    most.queued = Math.max(most.queued, this.queued);
  });
  return most;
}

/** Every parameter of the new model, less that of the old one. */
function moved(hall: Hall, before: Float32Array): { least: number; most: number } {
  const after = hall.coordinator.model('toy')!.w;
  const steps = after!.map((value, i) => value - before[i]!);
  return { least: Math.min(...minMax(steps)), most: Math.max(...minMax(steps)) };
}

function minMax(values: Float32Array): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}

describe('a round of large vectors', () => {
  it('assembles no more uploads at a time than it may, and commits the exact sum of all', async () => {
    const slots = watchSlots();
    const hall = await openHall({ ...MODEL, cohort: 8 }, { config: { uploads: { atOnce: 2 } } });
    const before = hall.coordinator.model('toy')!.w!.slice();
    const events = Array.from({ length: 8 }, (_, i) => enter(hall, i + 1, (i + 1) / 8));
    await hall.coordinator.finished;
    expect(hall.reports[0]).toMatchObject({ outcome: 'committed', included: 8, examples: 800, drops: [] });
    const { least, most } = moved(hall, before);
    expect(least).toBeGreaterThan(4.5 / 8 - 0.05);
    expect(most).toBeLessThan(4.5 / 8 + 0.05);
    expect(slots.held).toBe(2);
    expect(slots.queued).toBeGreaterThan(0);
    expect(slots.queued).toBeLessThanOrEqual(6);
    for (const all of events) expect(all.filter(({ kind }) => kind === 'ignored' || kind === 'refused')).toEqual([]);
  });

  /** A scripted member that sends so many parts of its vector, and then something else happens. */
  const halfway = (hall: Hall, parts: number, then: (client: ScriptedClient) => unknown) =>
    hall.join(4, {
      update: 100,
      send: (name, bytes, client) => {
        if (name !== 'maskedInput') return bytes;
        void (async () => {
          for (const part of [...partsOf(bytes, ID)].slice(0, parts)) await client.sendRaw(part);
          await then(client);
        })();
        return undefined;
      },
    });

  it.each([1, 2, 3])('leaves out a member that dies after %i parts, and is exact for the others', async (parts) => {
    const hall = await openHall(
      { ...MODEL, minCohort: 3 },
      {
        config: { reconnectGraceMs: 1, uploads: { atOnce: 1 } },
      },
    );
    const before = hall.coordinator.model('toy')!.w!.slice();
    await halfway(hall, parts, (client) => client.cut());
    for (let member = 1; member <= 3; member++) enter(hall, member, 0.5);
    await hall.coordinator.finished;
    const drop = { member: 4, state: 'masked-input', reason: 'member-left', effect: 'before-input' };
    expect(hall.reports[0]).toMatchObject({ outcome: 'committed', included: 3, examples: 300, drops: [drop] });
    const { least, most } = moved(hall, before);
    expect(least).toBeGreaterThan(0.45);
    expect(most).toBeLessThan(0.55);
  });

  it.each([
    ['goes on', ID],
    ['begins again, as by a client that knows no more of it,', new Uint8Array(16)],
  ])('takes a vector that %s on a new connection', async (_, secondId) => {
    const hall = await openHall({ ...MODEL, minCohort: 3 }, { config: { uploads: { atOnce: 1 } } });
    let message: Uint8Array | undefined;
    const answers: (string | undefined)[] = [];
    const client = await hall.join(4, {
      send: (name, bytes, self) => {
        if (name !== 'maskedInput') return bytes;
        message = bytes;
        void (async () => {
          for (const part of [...partsOf(bytes, ID)].slice(0, 2)) await self.sendRaw(part);
          self.cut();
          await until(() => hall.members.includes('away 4'));
          await self.comeBack();
          const [first, ...others] = partsOf(bytes, secondId);
          const answer = await self.sendRaw(first!);
          expect(answer).toBe(secondId === ID ? `resume ${HEADER_LENGTH + PART_LENGTH}` : undefined);
          for (const part of secondId === ID ? others.slice(1) : others) answers.push(await self.sendRaw(part));
        })();
        return undefined;
      },
    });
    for (let member = 1; member <= 3; member++) enter(hall, member, 0.5);
    await hall.coordinator.finished;
    expect(hall.reports[0]).toMatchObject({ outcome: 'committed', included: 4, drops: [] });
    const wanted = [...partsOf(message!, ID)].length - (secondId === ID ? 2 : 1);
    await until(() => client.end !== undefined && answers.length === wanted);
    expect(answers.every((answer) => answer === undefined)).toBe(true);
    expect(client.end).toMatchObject({ kind: 'committed', included: true });
  });

  it('accepts no part of a message that its state does not expect, or that is too long', async () => {
    const hall = await openHall({ ...MODEL, minCohort: 3 });
    const answers: (string | undefined)[] = [];
    await hall.join(4, {
      send: (name, bytes, client) => {
        if (name !== 'maskedInput') return bytes;
        const [first] = partsOf(bytes, ID);
        const other = first!.slice();
        other[35 + 8 + 16 + 2] = 0x0a; // UnmaskShares
        const suite = 1;
        const context = bytes.slice(3, 35);
        const huge = encodePart({
          suite,
          context,
          id: ID,
          total: bytes.length + PART_LENGTH,
          offset: 0,
          bytes: bytes.slice(0, 35),
        });
        void (async () => {
          answers.push(await client.sendRaw(other), await client.sendRaw(huge));
          for (const part of partsOf(bytes, ID)) answers.push(await client.sendRaw(part));
          answers.push(await client.sendRaw(first!));
        })();
        return undefined;
      },
    });
    for (let member = 1; member <= 3; member++) enter(hall, member, 0.5);
    await hall.coordinator.finished;
    expect(hall.reports[0]).toMatchObject({ outcome: 'committed', included: 4, drops: [] });
    await until(() => answers.length >= 7);
    expect(answers.slice(0, 2)).toEqual(['wrong-state', 'wire-bounds']);
    expect(answers.slice(2, -1).every((answer) => answer === undefined)).toBe(true);
    expect(['message-duplicate', 'wrong-state', 'session-closed', 'member-unknown']).toContain(answers.at(-1));
  });
});
