import { beforeEach, describe, expect, it } from 'vitest';
import { consentInMemory } from '../../client/consent/memory.ts';
import type { JoinOptions } from '../../client/options.ts';
import { generateIdentity } from '../../protocol/crypto/keys.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';
import { openDirectory, signDirectory } from '../../protocol/wire/directory.ts';
import type { SignedSession } from '../../protocol/rounds/history.ts';
import type { Scheme } from '../../protocol/rounds/scheme.ts';
import { secagg } from '../../protocol/schemes/secagg/scheme.ts';
import { receiveMessage, startMessage } from '../../protocol/wire/header.ts';
import type { RoundSettings } from '../../protocol/wire/settings.ts';
import type { ScriptedCoordinator } from '../client/support/coordinator.ts';
import { modelFile, settingsFor, StepApp } from '../client/support/rounds.ts';
import { useClients } from '../client/support/session.ts';
import { enrolled, LASTING } from '../support/directory.ts';
import { unsafePlain } from './unsafe-plain.ts';

// A client that takes part by two schemes, one of which shows the client no session. What its policy says of settings,
// and what it counts of its data, holds for both: no coordinator gets around it by naming the other one.

const { coordinator: start, enter: enterAt } = useClients();
let coordinator: ScriptedCoordinator;

beforeEach(async () => {
  coordinator = await start();
});

const CURIOUS = { adversary: 'curious', minCohort: 2 } as const;
const PLAIN = { scheme: unsafePlain.name } as const;

/** A client of both schemes, with a memory that the test looks into. */
async function enter(options: JoinOptions = {}) {
  const consent = consentInMemory();
  const app = new StepApp();
  const client = enterAt(coordinator.url, app, { schemes: [secagg, unsafePlain], consent, ...options });
  await coordinator.seats(1);
  const [member] = coordinator.members;
  return { ...client, consent, member: member!, hash: coordinator.publish(modelFile()) };
}

type Client = Awaited<ReturnType<typeof enter>>;

/** How many inputs have come. */
const inputs = (): number => coordinator.received.filter(({ name }) => name === 'maskedInput').length;

/** Invites to a plain round, asks for its input, and gives how far the client went: its input has come, or it has refused. */
async function plainRound({ log, member, hash }: Client, change: Partial<RoundSettings> = {}) {
  const [refusedBefore, sentBefore] = [log.of('refused').length, inputs()];
  const answersBefore = coordinator.received.length;
  const context = coordinator.invite(settingsFor(hash, { ...PLAIN, ...change }), member);
  await coordinator.until(() => coordinator.received.length > answersBefore);
  coordinator.send(member, startMessage('routedShares', { suite: 1, context }).finish());
  await coordinator.until(() => inputs() > sentBefore || coordinator.received.at(-1)!.name === 'abort');
  const refused = log.of('refused').at(refusedBefore)?.code;
  if (inputs() > sentBefore) {
    coordinator.abandon(context, member);
    await log.next('abandoned', log.of('abandoned').length + 1);
  }
  return refused ?? 'sent';
}

/** A secure round that the client trains for, and that then comes to nothing. */
async function trained({ log, member, hash }: Client, change: Partial<RoundSettings> = {}) {
  const context = coordinator.invite(settingsFor(hash, change), member);
  await coordinator.message('advertiseKeys');
  coordinator.abandon(context, member);
  await log.next('abandoned');
}

describe('a client of two schemes', () => {
  it('keeps to the tasks of its policy also with an update that it has kept', async () => {
    const client = await enter({ policy: { ...CURIOUS, tasks: ['digits'] } });
    await trained(client);
    expect(await plainRound(client, { task: 'another' })).toBe('policy-task');
  });

  it('sends no update to a coordinator weaker than it fears, neither a kept nor a new one', async () => {
    const authority = generateIdentity(nodePrimitives, systemRandom);
    const identity = { member: 1, keys: generateIdentity(nodePrimitives, systemRandom) };
    const entries = [enrolled(1, identity.keys.publicKey)];
    coordinator.directory = signDirectory(nodePrimitives, authority, LASTING, entries);
    const { hash: directoryHash } = openDirectory(nodePrimitives, authority.publicKey, coordinator.directory);
    const policy = { adversary: 'active', minCohort: 3 } as const;
    const client = await enter({ policy, identity, authorityKey: authority.publicKey });
    await trained(client, { adversary: 'active', minCohort: 3, directoryHash });
    expect(await plainRound(client, { minCohort: 3 })).toBe('adversary-too-weak');
    expect(await plainRound(client, { minCohort: 3, adversary: 'active', directoryHash })).toBe('settings-invalid');
    const other = { ...client, hash: coordinator.publish(modelFile(1)) };
    expect(await plainRound(other, { minCohort: 3 })).toBe('adversary-too-weak');
    expect(await plainRound(other, { minCohort: 3, adversary: 'active', directoryHash })).toBe('settings-invalid');
  });

  it('counts every input against its rounds of a day', async () => {
    const client = await enter({ policy: { ...CURIOUS, maxRoundsPerDay: 2 } });
    expect(await plainRound(client)).toBe('sent');
    expect(await plainRound(client)).toBe('sent');
    expect(await plainRound(client)).toBe('policy-rounds-per-day');
  });

  it('charges its privacy account for every input', async () => {
    const client = await enter();
    await plainRound(client);
    expect((await client.consent.read()).accounts).toMatchObject([{ task: 'digits', bare: 1 }]);
  });

  it('refuses a budget that inputs of the other scheme have spent', async () => {
    const client = await enter({ policy: { ...CURIOUS, maxEpsilon: 8 } });
    const privacy = {
      placement: 'distributed',
      distribution: 'skellam',
      noiseMultiplier: 1,
      minHonestSurvivors: 2,
      bitWidth: 0,
      sampling: 1,
      epsilon: 8,
      delta: 1e-5,
      spent: 0,
    } as const;
    const noisy = { privacy, modulusBits: 32, inputBits: 16 };
    const ends: string[] = [];
    for (let round = 1; round <= 12; round++) ends.push(await plainRound(client, { ...noisy, round }));
    expect(ends[0]).toBe('sent');
    expect(ends.at(-1)).toBe('privacy-budget');
  });

  it('sends one input of a model on one set of terms, whatever the scheme', async () => {
    const client = await enter();
    expect(await plainRound(client)).toBe('sent');
    expect(await plainRound(client, { clip: 50 })).toBe('input-changed');
    coordinator.invite(settingsFor(client.hash, { clip: 50 }), client.member);
    expect((await client.log.next('refused', 2)).code).toBe('input-changed');
  });

  it('counts rebases by the scheme that shows no session', async () => {
    const client = await enter({ policy: { ...CURIOUS, maxRebases: 1 } });
    expect(await plainRound(client, { rebases: 1 })).toBe('sent');
    const moved = { ...client, hash: coordinator.publish(modelFile(1)) };
    expect(await plainRound(moved, { rebases: 1 })).toBe('rebase-refused');
  });

  it('sends nothing by a scheme that shows no members once it has signed a sum from the same model', async () => {
    const client = await enter();
    for (let i = 0; i < 2; i++) enterAt(coordinator.url);
    await coordinator.seats(3);
    expect((await coordinator.run(settingsFor(client.hash))).kind).toBe('committed');
    await client.log.next('committed');
    expect(await plainRound(client)).toBe('cohort-too-similar');
    expect(await plainRound({ ...client, hash: coordinator.publish(modelFile(1)) })).toBe('sent');
  });

  it('sends nothing by a scheme that shows no members if it asks sums to differ', async () => {
    const client = await enter({ policy: { ...CURIOUS, minCohortDifference: 2 } });
    expect(await plainRound(client)).toBe('cohort-too-similar');
  });
});

describe('a scheme whose client does several things in one step', () => {
  const session: SignedSession = {
    settingsHash: 'aa',
    root: 'bb',
    ids: [1, 2],
    graph: 'complete',
    degree: 1,
    threshold: 2,
  };
  const remembered = { sessionId: 'cc', session };

  const plain: Scheme = unsafePlain;

  /** Its client shares, sends its input and accepts the survivors all at once. */
  const atOnce: Scheme = {
    ...plain,
    client: {
      ...plain.client,
      session: () => remembered,
      step(state, input) {
        const step = plain.client.step(state, input);
        if (input.kind !== 'input' || step.refusal !== undefined) return step;
        const { context } = receiveMessage(step.send[0]!.bytes);
        const shares = { name: 'shareKeys', bytes: startMessage('shareKeys', { suite: 1, context }).finish() } as const;
        const signing = { kind: 'signing', members: [1, 2], ...remembered } as const;
        return { ...step, send: [shares, ...step.send], events: [...step.events, signing] };
      },
    },
  };

  it('has all of it noted', async () => {
    const client = await enter({ schemes: [atOnce] });
    expect(await plainRound(client)).toBe('sent');
    const { accounts, models, opened } = await client.consent.read();
    expect(accounts).toMatchObject([{ task: 'digits', bare: 1 }]);
    expect(models).toMatchObject([{ session: 'cc', inputs: [{ repeat: 0 }], signed: { members: [1, 2] } }]);
    expect(opened).toMatchObject([{ task: 'digits', members: [1, 2] }]);
  });
});
