import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { slicedAgreer } from '../../client/driver/agreement.ts';
import { joinOn } from '../../client/join.ts';
import type { Participation } from '../../client/participation.ts';
import type { Agreer, WantedAgreements } from '../../protocol/crypto/agreer.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import type { SecretBytes } from '../../protocol/crypto/secret.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { RoundSettings } from '../../protocol/wire/settings.ts';
import type { ScriptedCoordinator } from './support/coordinator.ts';
import { gate, GUEST, settingsFor, StepApp } from './support/rounds.ts';
import { modelFile } from './support/rounds.ts';
import { EventLog } from '../../simulations/attacks/coordinator/event-log.ts';
import { useClients } from './support/session.ts';

const { coordinator: start, enter } = useClients();
let coordinator: ScriptedCoordinator;
let participation: Participation | undefined;

beforeEach(async () => {
  coordinator = await start();
});
afterEach(() => participation?.leave());

/** One call for agreements, which is answered when the test says so. */
interface Call {
  readonly wanted: WantedAgreements;
  readonly signal: AbortSignal;
  readonly open: () => void;
  shared: readonly SecretBytes[];
}

/** Agreements that take as long as a test wants, and do not look at the signal: the worst that a platform may do. */
class SlowAgreer implements Agreer {
  readonly name = 'webcrypto';
  readonly calls: Call[] = [];
  readonly #own = slicedAgreer(nodePrimitives);
  readonly #watchers = new Set<() => void>();

  async agree(wanted: WantedAgreements, signal: AbortSignal): Promise<readonly SecretBytes[]> {
    const shared = await this.#own.agree(wanted, new AbortController().signal);
    const { opened, open } = gate();
    this.calls.push({ wanted, signal, open, shared });
    for (const look of this.#watchers) look();
    await opened;
    return shared;
  }

  /** Resolves with the n-th call. */
  call(nth: number): Promise<Call> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.calls.length >= nth) resolve(this.calls[nth - 1]!);
      };
      this.#watchers.add(look);
      look();
    });
  }
}

/** Three guests in a round, of whom the first one's agreements are slow. */
async function slowRound(agreer: Agreer) {
  const log = new EventLog();
  const platform = { primitives: nodePrimitives, agreer: () => Promise.resolve(agreer) };
  participation = joinOn(platform, coordinator.url, new StepApp(1), { ...GUEST, onEvent: log.onEvent });
  const { member } = await log.next('connected');
  const others = [enter(coordinator.url, new StepApp(2)), enter(coordinator.url, new StepApp(3))];
  await coordinator.seats(3);
  const settings: RoundSettings = settingsFor(coordinator.publish(modelFile()));
  const end = coordinator.run(settings);
  return { log, participation, member, others, settings, end };
}

const isZero = (secrets: readonly SecretBytes[]): boolean => secrets.every((secret) => secret.forTestingIsZero());

describe('while key agreements are computed', () => {
  it('a client waits for them twice, names who computed them, and is in the sum', async () => {
    const agreer = new SlowAgreer();
    const { log, end, member } = await slowRound(agreer);
    for (const [nth, state] of [
      [1, 'cipher-agreement'],
      [2, 'mask-agreement'],
    ] as const) {
      const call = await agreer.call(nth);
      expect(log.of('state').at(-1)).toMatchObject({ state });
      expect(call.wanted.peers).toHaveLength(2);
      expect(isZero([call.wanted.secretKey])).toBe(false);
      call.open();
    }
    expect(await end).toMatchObject({ kind: 'committed', included: expect.arrayContaining([member]) as number[] });
    await log.next('committed');
    expect(log.of('agreed')).toMatchObject(Array(2).fill({ peers: 2, agreement: 'webcrypto' }));
    for (const { wanted, shared } of agreer.calls) expect(isZero([wanted.secretKey, ...shared])).toBe(true);
    expect(agreer.calls.every(({ signal }) => signal.aborted)).toBe(true);
  });

  it.each([1, 2])('a message that comes twice is ignored, and the round goes on (agreement %i)', async (nth) => {
    const agreer = new SlowAgreer();
    const sent: Uint8Array[] = [];
    const send = coordinator.send.bind(coordinator);
    coordinator.send = (to, bytes) => {
      if (to === coordinator.members[0]) sent.push(bytes);
      send(to, bytes);
    };
    const { log, end, member } = await slowRound(agreer);
    if (nth === 2) (await agreer.call(1)).open();
    const call = await agreer.call(nth);
    send(member, sent.at(-1)!);
    expect(await log.next('ignored')).toMatchObject({ code: 'wrong-state' });
    call.open();
    if (nth === 1) (await agreer.call(2)).open();
    expect((await end).kind).toBe('committed');
    expect(await log.next('committed')).toMatchObject({ included: true });
  });

  it.each([1, 2])('an abandoned round is over at once, and its keys are zero (agreement %i)', async (nth) => {
    const agreer = new SlowAgreer();
    const { log, end } = await slowRound(agreer);
    if (nth === 2) (await agreer.call(1)).open();
    const { wanted, signal, open, shared } = await agreer.call(nth);
    coordinator.input({ kind: 'abandon', error: new CairnError('round-abandoned', 'by the test') });
    await end;
    await log.next('abandoned');
    expect(isZero([wanted.secretKey])).toBe(true);
    expect(signal.aborted).toBe(true);
    open();
    // Even where they come after all, and nobody wants them any more.
    await log.next('ignored');
    expect(isZero(shared)).toBe(true);
    expect(log.of('agreed')).toHaveLength(nth - 1);
    expect(log.of('refused')).toEqual([]);
  });

  it.each([1, 2])('a client may leave: its keys are zero, and the coordinator knows (agreement %i)', async (nth) => {
    const agreer = new SlowAgreer();
    const { log, member } = await slowRound(agreer);
    if (nth === 2) (await agreer.call(1)).open();
    const { wanted, signal, open, shared } = await agreer.call(nth);
    const left = participation!.leave();
    expect(isZero([wanted.secretKey])).toBe(true);
    expect(signal.aborted).toBe(true);
    open();
    await left;
    expect(isZero(shared)).toBe(true);
    expect(await coordinator.message('abort', { member })).toBeDefined();
    expect(log.of('left')).toHaveLength(1);
  });

  it('a platform that fails costs the client this round, and the others a member', async () => {
    const fault = new Error('the platform is out of order');
    const failing: Agreer = { name: 'webcrypto', agree: () => Promise.reject(fault) };
    const { log, member } = await slowRound(failing);
    expect(await log.next('refused')).toMatchObject({ code: 'internal' });
    expect(await coordinator.message('abort', { member })).toBeDefined();
  });
});
