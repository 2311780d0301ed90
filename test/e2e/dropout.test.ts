import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RoundReport } from '../../coordinator/index.ts';
import type { Client } from './support/client.ts';
import { type CoordinatorProcess, World } from './support/world.ts';

// Seven members, of whom five are the threshold. A round begins when all seven are idle, so each test decides which
// round a client dies in by starting it.
const COHORT = 7;

let world: World;
let coordinator: CoordinatorProcess;
const clients = new Map<number, Client>();
let round = 0;

function start(member: number, hold?: string): Client {
  const client = world.member(coordinator.url, member, hold === undefined ? {} : { hold });
  clients.set(member, client);
  return client;
}

/** Takes a member out between rounds. */
async function dismiss(member: number): Promise<void> {
  await clients.get(member)!.sigint();
  await coordinator.log('member-left', member);
}

async function killAt(client: Client, state: string): Promise<void> {
  expect(await client.hung()).toBe(state);
  await client.sigkill();
}

beforeAll(async () => {
  world = await World.create();
  await world.enrol(COHORT);
  coordinator = await world.coordinator({ cohort: COHORT, quorum: COHORT, adversary: 'active' });
  for (let member = 1; member < COHORT; member++) start(member);
});

afterAll(() => world.end());

const SINGLY = [
  { state: 'advertise-keys', effect: 'before-input', members: { advertised: 6, shared: 6, input: 6, unmasked: 6 } },
  { state: 'share-keys', effect: 'before-input', members: { advertised: 7, shared: 6, input: 6, unmasked: 6 } },
  { state: 'masked-input', effect: 'before-input', members: { advertised: 7, shared: 7, input: 6, unmasked: 6 } },
  { state: 'consistency-check', effect: 'after-input', members: { shared: 7, input: 7, consistent: 6, unmasked: 6 } },
  { state: 'unmasking', effect: 'without-unmasking', members: { input: 7, consistent: 7, unmasked: 6 } },
] as const;

const dropsOf = ({ drops }: RoundReport): readonly unknown[] =>
  drops.map(({ member, state, effect }) => ({ member, state, effect })).sort((a, b) => a.member - b.member);

describe('clients that are killed in a round of the active class', () => {
  it.each(SINGLY)(
    'one that dies in $state leaves a round that commits, and $effect',
    async ({ state, effect, members }) => {
      round++;
      await killAt(start(COHORT, state), state);
      const report = await coordinator.report(round);
      expect(report).toMatchObject({ outcome: 'committed', included: members.input, members });
      expect(dropsOf(report)).toEqual([{ member: COHORT, state, effect }]);
      const { included } = await clients.get(1)!.event('committed', (event) => event.round === round);
      expect(included).toBe(true);
    },
  );

  it('two at once, in different states, are no more than the threshold allows', async () => {
    round++;
    await dismiss(6);
    const [sixth, seventh] = [start(6, 'masked-input'), start(7, 'unmasking')];
    await killAt(sixth, 'masked-input');
    await killAt(seventh, 'unmasking');
    const report = await coordinator.report(round);
    expect(report).toMatchObject({ outcome: 'committed', included: 6, members: { shared: 7, input: 6, unmasked: 5 } });
    expect(dropsOf(report)).toEqual([
      { member: 6, state: 'masked-input', effect: 'before-input' },
      { member: 7, state: 'unmasking', effect: 'without-unmasking' },
    ]);
  });

  it('three at once are too many: no sum, the survivors keep their update, and it counts once others have come', async () => {
    round++;
    await dismiss(5);
    const dying = [5, 6, 7].map((member) => start(member, 'masked-input'));
    for (const client of dying) await killAt(client, 'masked-input');
    const report = await coordinator.report(round);
    expect(report).toMatchObject({
      outcome: 'abandoned',
      code: 'below-threshold',
      included: 0,
      members: { shared: 7 },
    });
    expect(report).not.toHaveProperty('examples');
    expect(dropsOf(report)).toHaveLength(3);

    const survivors = [1, 2, 3, 4].map((member) => clients.get(member)!);
    const abandoned = await Promise.all(survivors.map((client) => client.event('abandoned')));
    expect(abandoned.map(({ code }) => code)).toEqual(Array(4).fill('below-threshold'));
    const marks = survivors.map(({ mark }) => mark);
    for (const member of [5, 6, 7]) start(member);
    expect(await coordinator.report(round, 2)).toMatchObject({ outcome: 'committed', included: COHORT, drops: [] });
    const trained = await Promise.all(survivors.map((client, i) => client.event('trained', () => true, marks[i])));
    expect(trained).toMatchObject(Array(4).fill({ round, kept: true }));
  });
});
