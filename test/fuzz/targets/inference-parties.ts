import { ringOf } from '../../../protocol/mpc/sharing/index.ts';
import fc from 'fast-check';
import { ChameleonAsker } from '../../../inference/chameleon/asker.ts';
import { ChameleonOwner, chameleonModel } from '../../../inference/chameleon/owner.ts';
import { demandsOf } from '../../../inference/plan/demands.ts';
import { SecureMlServer } from '../../../inference/secureml/server.ts';
import { splitLayers } from '../../../inference/secureml/split.ts';
import { TransferSource } from '../../../inference/secureml/transfers.ts';
import { nodePermutation } from '../../../protocol/crypto/node/index.ts';
import { correctedSide, corrections, seededSide, WeightMasks } from '../../../protocol/mpc/dealer/index.ts';
import { type Party, runPair } from '../../../protocol/mpc/turn.ts';
import { seeded } from '../../../simulations/attacks/open-round/lab.ts';
import { type Model } from '../../inference/secrecy/support/lab.ts';
import { tinyModel } from '../../inference/secrecy/support/models.ts';
import { damage, damaged } from '../damage.ts';
import { must, refusalCode } from '../outcome.ts';
import type { Target } from '../target.ts';

const BATCH = 2;

type Tampering = (message: Uint8Array, at: number) => Uint8Array;

/** A party whose messages are changed on their way out. */
function* tampered<T>(party: Party<T>, tamper: Tampering): Party<T> {
  let input: Uint8Array = new Uint8Array(0);
  for (let sent = 0; ;) {
    const { done, value } = party.next(input);
    if (done === true) return value;
    input =
      value.kind === 'exchange' && value.send !== undefined
        ? yield { ...value, send: tamper(value.send, sent++) }
        : yield value;
  }
}

function* all<T>(...parts: readonly Party<T>[]): Party<T> {
  let last: T | undefined;
  for (const part of parts) last = yield* part;
  return last as T;
}

/** Two parties, and what frees what they share. */
interface Both {
  readonly parties: readonly [Party<unknown>, Party<unknown>];
  readonly wipe: () => void;
}

const zeros = ({ plan }: Model): ReturnType<ReturnType<typeof ringOf>['zeros']> => ringOf(plan.bits).zeros(4 * BATCH);

function chameleon(model: Model): Both {
  const random = seeded('fuzz parties');
  const [maskSeed, first, second] = [random(32), random(32), random(32)];
  const demands = demandsOf(model.plan, BATCH);
  const told = corrections(demands, first, second, new WeightMasks({ corrected: maskSeed }));
  const served = chameleonModel({ ...model, maskSeed, random });
  const owner = new ChameleonOwner(served);
  const asker = new ChameleonAsker(model.plan);
  const parties = [
    all<unknown>(owner.setup(), owner.offline(BATCH, correctedSide(demands, second, told)), owner.online()),
    all<unknown>(asker.setup(), asker.offline(BATCH, seededSide(demands, first)), asker.online(zeros(model))),
  ] as const;
  return {
    parties,
    wipe: () => {
      served.prepared.wipe();
      asker.wipe();
    },
  };
}

function secureMl(model: Model): Both {
  const { plan } = model;
  const random = seeded('fuzz servers');
  const [maskA, maskB, first, second] = [random(32), random(32), random(32), random(32)];
  const demands = demandsOf(plan, BATCH);
  const told = corrections(demands, first, second, new WeightMasks({ seeded: maskA, corrected: maskB }));
  const [layersA, layersB] = splitLayers(plan, model.layers, random);
  const a = new SecureMlServer({ plan, role: 'a', layers: layersA, maskSeed: maskA, random });
  const b = new SecureMlServer({ plan, role: 'b', layers: layersB, maskSeed: maskB, random });
  const input = ringOf(plan.bits).toBytes(zeros(model));
  const parties = [
    all<unknown>(b.setup(), b.offline(BATCH, correctedSide(demands, second, told)), b.online(input)),
    all<unknown>(a.setup(), a.offline(BATCH, seededSide(demands, first)), a.online(input)),
  ] as const;
  return {
    parties,
    wipe: () => {
      a.wipe();
      b.wipe();
    },
  };
}

function transfers({ plan }: Model): Both {
  const random = seeded('fuzz transfers');
  const sources = (['a', 'b'] as const).map((role) => new TransferSource(plan, role, random(32), random));
  return {
    parties: [sources[0]!.piece(1), sources[1]!.piece(1)],
    wipe: () => sources.forEach((source) => source.wipe()),
  };
}

/** One message of one side, and what comes in its place: other bytes of its length, or of another one. */
const lie = fc.record({
  from: fc.constantFrom(0 as const, 1 as const),
  at: fc.oneof(fc.nat(3), fc.nat(40)),
  how: fc.oneof(
    fc.record({ kind: fc.constant('filled' as const), byte: fc.nat(255) }),
    fc.record({ kind: fc.constant('damaged' as const), damage }),
    fc.record({ kind: fc.constant('long' as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }) }),
  ),
  /** Whether all later messages are changed like this, too. */
  on: fc.boolean(),
});

type Lie = typeof lie extends fc.Arbitrary<infer Value> ? Value : never;

const tampering =
  ({ at, how, on }: Lie): Tampering =>
  (message, number) => {
    if (number !== at && !(on && number > at)) return message;
    if (how.kind === 'filled') return new Uint8Array(message.length).fill(how.byte);
    if (how.kind === 'damaged') return damaged(message, how.damage, [message]);
    return Uint8Array.of(...message, ...how.bytes);
  };

/**
 * Both parties end, one of them lying: with a result, right or wrong, or with an error of a known code. That no message is
 * waited for that never comes follows: a pair that waits for ever is an internal error.
 */
function partiesTarget(
  name: string,
  share: number,
  both: (model: Model) => Both,
  models: () => readonly Model[],
): Target {
  return {
    name,
    share,
    batch: 50,
    make: () => {
      const made = models();
      return {
        property: fc.property(fc.nat(made.length - 1), lie, (which, told) => {
          const { parties, wipe } = both(made[which]!);
          const lying = parties.map((party, at) => (at === told.from ? tampered(party, tampering(told)) : party));
          try {
            runPair(lying[0]!, lying[1]!, nodePermutation);
          } catch (thrown) {
            const code = refusalCode(thrown);
            must(KNOWN.has(code), () => `${code} for what another party sent`);
          } finally {
            for (const party of parties) party.return(undefined);
            wipe();
          }
        }),
      };
    },
  };
}

/** What a party may say of what the other one sent. */
const KNOWN: ReadonlySet<string> = new Set([
  'wire-bounds',
  'wire-not-canonical',
  'wire-truncated',
  'garbled-output',
  'key-invalid',
]);

/** Parties that hear what no honest one would send. */
export const partyTargets: readonly Target[] = [
  partiesTarget('inference-chameleon', 0.1, chameleon, () => [
    tinyModel('chameleon', 'class', 'relu'),
    tinyModel('chameleon', 'scores', 'square'),
  ]),
  partiesTarget('inference-secureml', 0.1, secureMl, () => [
    tinyModel('secureml', 'class', 'relu'),
    tinyModel('secureml', 'scores', 'square'),
  ]),
  partiesTarget('inference-transfers', 0.01, transfers, () => [tinyModel('secureml', 'scores', 'square')]),
];
