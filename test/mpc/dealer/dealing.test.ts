import { describe, expect, it } from 'vitest';
import { CairnError } from '../../../protocol/errors.ts';
import {
  correctedSide,
  corrections,
  type Dealing,
  type DealingRequest,
  type DealingRules,
  decodeCorrections,
  decodeDealingRequest,
  type Demand,
  encodeCorrections,
  encodeDealingRequest,
  endDealing,
  MAX_PIECE_BATCH,
  MAX_PLAN_BYTES,
  NEW_DEALING,
  receiveDealingRequest,
  seededSide,
  SESSION_BYTES,
  WeightMasks,
} from '../../../protocol/mpc/dealer/index.ts';
import { codeOf } from '../../support/thrown.ts';
import { EVERY_DEMAND, MASKS, seed } from './support/pair.ts';

const SESSION = Uint8Array.from({ length: SESSION_BYTES }, (_, i) => i);
const PLAN = Uint8Array.of(7, 7, 7);

const request = (change: Partial<DealingRequest> = {}): DealingRequest => ({
  session: SESSION,
  side: 'seeded',
  plan: PLAN,
  batch: 3,
  seed: seed(1),
  maskSeed: MASKS.seeded,
  ...change,
});

const fromSeeded = (change: Partial<DealingRequest> = {}): Uint8Array => encodeDealingRequest(request(change));
const fromCorrected = (change: Partial<DealingRequest> = {}): Uint8Array =>
  encodeDealingRequest(request({ side: 'corrected', seed: seed(2), maskSeed: MASKS.corrected, ...change }));

const rulesFor = (demands: readonly Demand[], limits: Partial<DealingRules> = {}): DealingRules => ({
  demandsOf(plan, batch) {
    if (plan.join() !== PLAN.join()) throw new CairnError('wire-bounds', 'no such plan');
    expect(batch).toBe(3);
    return demands;
  },
  ...limits,
});
const RULES = rulesFor(EVERY_DEMAND);

const half = (): Dealing => receiveDealingRequest(NEW_DEALING, fromSeeded(), RULES).dealing;

describe('a dealing', () => {
  it.each([
    ['seeded', [fromSeeded(), fromCorrected()]],
    ['corrected', [fromCorrected(), fromSeeded()]],
  ] as const)('answers the corrected side once both have asked, if the %s one comes first', (_, [first, second]) => {
    const one = receiveDealingRequest(NEW_DEALING, first, RULES);
    expect([one.dealing.kind, one.toCorrected]).toEqual(['half', undefined]);
    const { dealing, toCorrected } = receiveDealingRequest(one.dealing, second, RULES);
    expect(dealing).toEqual({ kind: 'dealt' });
    const told = decodeCorrections(toCorrected!, SESSION, EVERY_DEMAND);
    expect(told).toEqual(corrections(EVERY_DEMAND, seed(1), seed(2), new WeightMasks(MASKS)));
    const bits = { kind: 'square', bits: 32, count: 9 } as const;
    const [s, c] = [
      seededSide(EVERY_DEMAND, seed(1)).take(bits),
      correctedSide(EVERY_DEMAND, seed(2), told).take(bits),
    ];
    const a = (s.a[0] as number) + (c.a[0] as number);
    expect(((s.squared[0] as number) + (c.squared[0] as number)) >>> 0).toBe(Math.imul(a, a) >>> 0);
  });

  it('keeps no seed once it has dealt, or is given up', () => {
    for (const finish of [
      (dealing: Dealing): Dealing => receiveDealingRequest(dealing, fromCorrected(), RULES).dealing,
      endDealing,
    ]) {
      const waiting = half() as Extract<Dealing, { kind: 'half' }>;
      expect(waiting.first.seed).toEqual(seed(1));
      expect(finish(waiting)).toEqual({ kind: 'dealt' });
      expect([...waiting.first.seed, ...waiting.first.maskSeed!].every((byte) => byte === 0)).toBe(true);
    }
    expect(endDealing(NEW_DEALING)).toEqual({ kind: 'dealt' });
  });

  it('takes nothing more afterwards', () => {
    expect(codeOf(() => receiveDealingRequest({ kind: 'dealt' }, fromSeeded(), RULES))).toBe('session-closed');
  });

  it.each([
    ['session-mismatch', fromCorrected({ session: new Uint8Array(16) })],
    ['message-duplicate', fromSeeded({ seed: seed(5) })],
    ['dealt-mismatch', fromCorrected({ maskSeed: undefined })],
    ['key-invalid', fromCorrected({ seed: seed(1) })],
    ['key-invalid', fromCorrected({ maskSeed: MASKS.seeded })],
    ['wire-bounds', fromCorrected({ plan: Uint8Array.of(9) })],
    ['wire-truncated', fromCorrected().subarray(0, 40)],
    ['wire-trailing', Uint8Array.of(...fromCorrected(), 0)],
  ] as const)('refuses with %s what does not fit the first request, and still waits for what does', (code, bytes) => {
    const waiting = half();
    expect(codeOf(() => receiveDealingRequest(waiting, bytes, RULES))).toBe(code);
    expect(receiveDealingRequest(waiting, fromCorrected(), RULES).toCorrected).toBeDefined();
  });

  it('refuses sides that ask for different plans or batches, both of which could be dealt', () => {
    const rules: DealingRules = { demandsOf: () => EVERY_DEMAND };
    for (const change of [{ plan: Uint8Array.of(9) }, { batch: 4 }]) {
      expect(codeOf(() => receiveDealingRequest(half(), fromCorrected(change), rules))).toBe('dealt-mismatch');
    }
  });

  it('refuses more than its rules allow, at the first request', () => {
    const deal = (demands: readonly Demand[], limits: Partial<DealingRules> = {}): unknown =>
      receiveDealingRequest(NEW_DEALING, fromSeeded(), rulesFor(demands, limits));
    const squares = [{ kind: 'square', bits: 32, count: 100 }] as const;
    expect(codeOf(() => deal(squares, { maxCorrectionBytes: 399 }))).toBe('wire-bounds');
    expect(deal(squares, { maxCorrectionBytes: 400 })).toBeDefined();
    const dense = { kind: 'dense', inputs: 4, outputs: 3 } as const;
    const strided = {
      kind: 'convolution',
      channels: 1,
      height: 9,
      width: 9,
      filters: 1,
      size: 1,
      stride: 9,
      padding: 0,
    } as const;
    const linear = { kind: 'linear', form: 'one-sided', batch: 2, bits: 32, layer: 0 } as const;
    expect(codeOf(() => deal([{ ...linear, map: dense }], { maxProducts: 23 }))).toBe('wire-bounds');
    expect(deal([{ ...linear, map: dense }], { maxProducts: 24 })).toBeDefined();
    expect(codeOf(() => deal([{ ...linear, map: strided }], { maxProducts: 161 }))).toBe('wire-bounds');
    expect(codeOf(() => deal([{ ...linear, map: dense, batch: 0 }]))).toBe('wire-bounds');
  });
});

describe('a request', () => {
  it('is read as it was written', () => {
    for (const one of [request(), request({ maskSeed: undefined, side: 'corrected', batch: MAX_PIECE_BATCH })]) {
      expect(decodeDealingRequest(encodeDealingRequest(one))).toEqual(one);
    }
    const longest = request({ plan: new Uint8Array(MAX_PLAN_BYTES) });
    expect(decodeDealingRequest(encodeDealingRequest(longest)).plan).toHaveLength(MAX_PLAN_BYTES);
  });

  it('is read from a copy: zeroing its bytes leaves what was read', () => {
    const bytes = fromSeeded();
    const read = decodeDealingRequest(bytes);
    bytes.fill(0);
    expect(read).toEqual(request());
  });

  it('is refused when it is cut off anywhere, or has a byte too many', () => {
    const bytes = fromSeeded();
    for (let length = 0; length < bytes.length; length++) {
      expect(codeOf(() => decodeDealingRequest(bytes.subarray(0, length)))).toBe('wire-truncated');
    }
    expect(codeOf(() => decodeDealingRequest(Uint8Array.of(...bytes, 0)))).toBe('wire-trailing');
  });

  it.each([
    ['version', 0, 2, 'wire-version'],
    ['type', 1, 2, 'wire-type'],
    ['side', 18, 2, 'wire-bounds'],
    ['batch', 22, 1, 'wire-bounds'],
    ['mask flag', 55, 2, 'wire-not-canonical'],
    ['plan’s length', 91, 1, 'wire-bounds'],
  ])('is refused for its %s', (_, at, value, code) => {
    const bytes = fromSeeded().slice();
    bytes[at] = value;
    expect(codeOf(() => decodeDealingRequest(bytes))).toBe(code);
  });

  it('is not written for fields that would be refused', () => {
    for (const change of [
      { session: new Uint8Array(15) },
      { seed: new Uint8Array(31) },
      { maskSeed: new Uint8Array(33) },
      { batch: 0 },
      { batch: MAX_PIECE_BATCH + 1 },
      { plan: new Uint8Array(0) },
      { plan: new Uint8Array(MAX_PLAN_BYTES + 1) },
    ]) {
      expect(codeOf(() => fromSeeded(change))).toBe('wire-bounds');
    }
  });
});

describe('the dealer’s answer', () => {
  const demands = [{ kind: 'square', bits: 32, count: 2 }] as const;
  const answer = encodeCorrections(SESSION, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));

  it('is refused for another session, length, type or version', () => {
    const read = (bytes: Uint8Array, session = SESSION): unknown => decodeCorrections(bytes, session, demands);
    expect(read(answer)).toHaveLength(8);
    expect(codeOf(() => read(answer, new Uint8Array(16)))).toBe('session-mismatch');
    expect(codeOf(() => read(answer.subarray(0, -1)))).toBe('wire-truncated');
    expect(codeOf(() => read(Uint8Array.of(...answer, 0)))).toBe('wire-trailing');
    expect(codeOf(() => read(fromSeeded()))).toBe('wire-type');
    expect(codeOf(() => read(Uint8Array.of(9, ...answer.subarray(1))))).toBe('wire-version');
    expect(codeOf(() => encodeCorrections(new Uint8Array(3), answer))).toBe('wire-bounds');
  });
});
