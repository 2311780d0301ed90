import { afterEach, describe, expect, it } from 'vitest';
import type { ParticipationEvent } from '../../client/events.ts';
import { join } from '../../client/index.ts';
import { parseConfig } from '../../coordinator/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { memberId } from '../../protocol/ids.ts';
import { inputLength } from '../../protocol/rounds/inputs/index.ts';
import type { Scheme } from '../../protocol/rounds/scheme.ts';
import { secagg } from '../../protocol/schemes/secagg/scheme.ts';
import { seeded } from '../../simulations/attacks/open-round/lab.ts';
import { runVirtualRound } from '../../simulations/engine/round.ts';
import { virtualSettings } from '../../simulations/engine/virtual-task.ts';
import { readFaults } from '../../simulations/faults/script.ts';
import { StepApp } from '../client/support/rounds.ts';
import { closeAll, type Hall, openHall } from '../coordinator/support/hall.ts';
import { codeOf } from '../support/thrown.ts';
import { unsafePlain } from './unsafe-plain.ts';

const leaving: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const leave of leaving.splice(0)) await leave();
  await closeAll();
});

/** The sum of vectors modulo 2^bits, in integers that are exact. */
function exactSum(vectors: readonly Uint32Array[], bits: number): number[] {
  const sum = Array.from(vectors[0]!, () => 0);
  for (const vector of vectors) vector.forEach((value, j) => (sum[j] = (sum[j]! + value) % 2 ** bits));
  return sum;
}

/** The same scheme, and what it is asked to do on the way. */
function watched(scheme: Scheme) {
  const seen = { inputs: [] as Uint32Array[], sums: [] as Uint32Array[], bits: 0, offered: [] as unknown[] };
  const { client, server } = scheme;
  const watching: Scheme = {
    ...scheme,
    client: {
      ...client,
      start(start) {
        const { settings } = start.invitation;
        seen.offered.push(settings.scheme);
        seen.bits = settings.modulusBits;
        return client.start(start);
      },
      step(state, input) {
        if (input.kind === 'input') seen.inputs.push(input.values.slice());
        return client.step(state, input);
      },
    },
    server: {
      ...server,
      step(state, input) {
        const step = server.step(state, input);
        for (const event of step.events) if (event.kind === 'committed') seen.sums.push(event.sum.slice());
        return step;
      },
    },
  };
  return { scheme: watching, seen };
}

/** A client over a socket, with everything that it told. */
function enter(hall: Hall, schemes?: readonly Scheme[]) {
  const app = new StepApp();
  const events: ParticipationEvent[] = [];
  const participation = join(hall.coordinator.url, app, {
    policy: { adversary: 'curious', minCohort: 2 },
    reconnectDelayMs: 1,
    onEvent: (event) => events.push(event),
    ...(schemes === undefined ? {} : { schemes }),
  });
  leaving.push(() => participation.leave());
  return { app, events };
}

const sentBy = ({ events }: { readonly events: readonly ParticipationEvent[] }) =>
  events.flatMap((event) => (event.kind === 'sent' ? [event.message] : []));

const TASK = {
  model: { tensors: new StepApp().shapes, seed: 1 },
  adversary: 'curious',
  unsafeOpenEnrolment: true,
  minCohort: 3,
  quorum: 4,
};

describe('a scheme of plain sums', () => {
  it('runs through the real coordinator and real clients, and commits the exact sum', async () => {
    const { scheme, seen } = watched(unsafePlain);
    const hall = await openHall(TASK, { schemes: [scheme] });
    const clients = Array.from({ length: 4 }, () => enter(hall, [scheme]));
    await hall.coordinator.finished;
    expect(hall.reports).toMatchObject([{ outcome: 'committed', included: 4, drops: [] }]);
    expect(seen.inputs).toHaveLength(4);
    expect(seen.sums.map((sum) => [...sum])).toEqual([exactSum(seen.inputs, seen.bits)]);
    expect(seen.offered).toEqual(Array(4).fill('unsafe-plain'));
    for (const client of clients) expect(sentBy(client)).toEqual(['advertiseKeys', 'maskedInput']);
    expect(Object.keys(hall.reports[0]!.states)).toEqual(['advertise-keys', 'masked-input', 'computing']);
    expect(hall.faults).toEqual([]);
  });

  it('is refused by a client that was not given it, which sends nothing of its data', async () => {
    const hall = await openHall(TASK, { schemes: [unsafePlain] });
    for (let i = 0; i < 3; i++) enter(hall, [unsafePlain]);
    const safe = enter(hall);
    await hall.coordinator.finished;
    expect(hall.reports).toMatchObject([{ outcome: 'committed', included: 3 }]);
    expect(safe.events.filter(({ kind }) => kind === 'refused')).toMatchObject([{ code: 'scheme-unknown' }]);
    expect(sentBy(safe)).toEqual(['abort']);
    expect(safe.app.contexts).toEqual([]);
  });

  it('loses no attempt to a client that was not given it, but waits for one that was', async () => {
    const hall = await openHall({ ...TASK, minCohort: 4, attempts: 1 }, { schemes: [unsafePlain] });
    const safe = enter(hall);
    for (let i = 0; i < 3; i++) enter(hall, [unsafePlain]);
    await expect.poll(() => hall.reports.length, { timeout: 20_000 }).toBeGreaterThan(0);
    enter(hall, [unsafePlain]);
    await hall.coordinator.finished;
    expect(hall.reports.at(-1)).toMatchObject({ outcome: 'committed', included: 4 });
    expect(safe.app.contexts).toEqual([]);
  });

  it('is never offered by a coordinator that was not given it', async () => {
    const { scheme, seen } = watched(secagg);
    const hall = await openHall(TASK);
    for (let i = 0; i < 4; i++) enter(hall, [unsafePlain, scheme]);
    await hall.coordinator.finished;
    expect(hall.reports).toMatchObject([{ outcome: 'committed', included: 4 }]);
    expect(seen.offered).toEqual(Array(4).fill(undefined));
  });

  it('cannot be chosen in the configuration', () => {
    const task = { name: 'toy', rounds: 1, cohort: 4, ...TASK };
    expect(codeOf(() => parseConfig({ tasks: [{ ...task, scheme: unsafePlain.name }] }))).toBe('config-unknown-key');
    expect(parseConfig({ tasks: [task] }).tasks).toHaveLength(1);
  });
});

describe('a scheme of plain sums in the laboratory', () => {
  const members = [3, 4, 7, 9, 20].map(memberId);
  const settings = virtualSettings(seeded('plain'), { scheme: unsafePlain.name });
  const inputOf = (member: number): Uint32Array =>
    Uint32Array.from({ length: inputLength(settings) }, (_, j) => (member * 2_654_435 + j) % 2 ** settings.modulusBits);
  const round = { primitives: nodePrimitives, random: seeded('members'), settings, members, inputOf };

  it('commits the exact sum', () => {
    const result = runVirtualRound({ ...round, schemes: [unsafePlain] });
    expect(result).toMatchObject({ committed: true, included: members, drops: [], waiting: [], ignored: [] });
    expect([...result.sum!]).toEqual(exactSum(members.map(inputOf), settings.modulusBits));
  });

  it('sums the others where one dies before its input', () => {
    const faults = readFaults([{ kind: 'drop', members: [7], state: 'masked-input' }]);
    const result = runVirtualRound({ ...round, schemes: [unsafePlain], faults });
    const left = members.filter((member) => member !== 7);
    expect(result).toMatchObject({ committed: true, included: left, waiting: [] });
    expect(result.drops).toMatchObject([{ member: 7, state: 'masked-input', effect: 'before-input' }]);
    expect([...result.sum!]).toEqual(exactSum(left.map(inputOf), settings.modulusBits));
  });

  it('does not run unless the laboratory was given it', () => {
    expect(codeOf(() => runVirtualRound(round))).toBe('scheme-unknown');
  });
});
