import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { JsonValue } from 'fast-check';
import {
  decodeHeader,
  encodeHeader,
  encodePiece,
  HEADER_BYTES,
  partsOf,
  stateOf,
} from '../../../inference/dealer/format.ts';
import { parseDescription } from '../../../inference/network/description.ts';
import { buildNetwork, describeNetwork, readNetwork } from '../../../inference/network/read.ts';
import { compile } from '../../../inference/plan/compile.ts';
import { quantise } from '../../../inference/plan/quantise.ts';
import { decodeHalf, encodeHalf, splitModel } from '../../../inference/secureml/half.ts';
import { readText } from '../../../inference/sessions/messages.ts';
import { equalBytes, utf8 } from '../../../protocol/crypto/bytes.ts';
import { encodeSafetensors } from '../../../protocol/model/safetensors.ts';
import { packRows, unpackRows } from '../../../protocol/mpc/slices.ts';
import { ByteReader } from '../../../protocol/wire/reader.ts';
import { seeded } from '../../../simulations/attacks/open-round/lab.ts';
import { type RandomLayer, randomNetwork } from '../../inference/support/random-networks.ts';
import { bytesTarget } from '../bytes-target.ts';
import { jsonTarget } from '../json-target.ts';
import { must } from '../outcome.ts';
import type { Target } from '../target.ts';

const VECTOR: readonly RandomLayer[] = [{ kind: 'dense', units: 6 }, { kind: 'sigmoid' }, { kind: 'dense', units: 3 }];

const HEX = { challenge: 'ab'.repeat(32), session: '0f'.repeat(16), planHash: '5c'.repeat(32) };

const texts: readonly { readonly [key: string]: JsonValue; readonly kind: string }[] = [
  {
    ...{ kind: 'offer', version: 1, system: 'chameleon', name: 'mnist', plan: 'AAAA', maxBatch: 128 },
    ...{ challenge: HEX.challenge, access: 'open', dealing: { kind: 'url', url: 'wss://dealer/' }, role: 'owner' },
  },
  {
    ...{ kind: 'offer', version: 1, system: 'secureml', name: 'ü', plan: '', maxBatch: 1, challenge: HEX.challenge },
    ...{ access: 'members', dealing: { kind: 'file', pair: HEX.session, batch: 4 }, role: 'a' },
  },
  {
    ...{ kind: 'begin', planHash: HEX.planHash, session: HEX.session, batch: 3, next: 7 },
    identity: { member: 4, signature: '01'.repeat(64) },
  },
  { kind: 'begin', planHash: HEX.planHash, session: HEX.session, batch: 65_536, next: null, identity: null },
  { kind: 'ready', left: null, piece: 4 },
  { kind: 'meet', link: HEX.session, role: 'b', challenge: HEX.challenge },
  { kind: 'proof', proof: HEX.challenge },
  { kind: 'run', session: HEX.session, batch: 1, next: null },
  { kind: 'go', piece: null },
];

const KINDS = ['offer', 'begin', 'ready', 'meet', 'proof', 'run', 'go'] as const;

/** Any value as a text of the kind that it says it is, or of any kind. */
function readAny(value: unknown): void {
  const said = KINDS.find((kind) => (value as { readonly kind?: unknown } | null)?.kind === kind);
  const read = readText(said ?? 'offer', JSON.stringify(value));
  must(isDeepStrictEqual(read, JSON.parse(JSON.stringify(value))), 'a text was read as another one');
}

const sessionValues = jsonTarget('inference-session', readAny, texts);

const sessionTexts = bytesTarget('inference-text', 1, () => ({
  samples: texts.map((text) => utf8(JSON.stringify(text))),
  decode: (bytes: Uint8Array) => {
    const text = new TextDecoder().decode(bytes);
    return readText(KINDS.find((kind) => text.includes(`"kind":"${kind}"`)) ?? 'offer', text);
  },
  // Parsed JSON is bounded by its text.
  maxPerByte: 64,
}));

const SESSION = new Uint8Array(16).fill(4);

/** Checksums tell damage, not malice: damaged files whose checksum was put right are read on. */
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

function headers(): Uint8Array[] {
  const common = { plan: new Uint8Array(32).fill(1), pair: SESSION, batch: 3, count: 9 };
  return [
    encodeHeader({ ...common, side: 'seeded', corrections: 0, maskSeed: undefined }),
    encodeHeader({ ...common, side: 'corrected', corrections: 77, maskSeed: new Uint8Array(32).fill(8) }),
  ];
}

const header = bytesTarget('inference-file-header', 1, () => ({
  samples: headers(),
  decode(bytes: Uint8Array) {
    const right = bytes.slice();
    if (right.length === HEADER_BYTES) right.set(sha256(right.subarray(0, -16)).subarray(0, 16), HEADER_BYTES - 16);
    return { header: decodeHeader(right, 'the file'), right };
  },
  holds({ header: read, right }) {
    const seed = right.subarray(-48, -16);
    // A seed that is said not to be there is not read, and may be anything.
    if (read.maskSeed !== undefined || seed.every((byte) => byte === 0)) {
      must(equalBytes(encodeHeader(read), right), 'another header was written');
    }
  },
}));

const piece = bytesTarget('inference-file-piece', 1, () => {
  const [begin] = headers() as [Uint8Array, Uint8Array];
  const whole = encodePiece(begin, 2, new Uint8Array(32).fill(7), new Uint8Array(20).fill(6));
  return {
    samples: [whole, new Uint8Array(whole.length)],
    decode: (bytes: Uint8Array) => stateOf(begin, 2, bytes),
    holds(state, bytes) {
      must(state !== 'whole' || equalBytes(bytes, whole), 'a piece that nobody made is whole');
      must(state === 'whole' || stateOf(begin, 3, bytes) !== 'whole', 'a piece of another place');
      must(partsOf(bytes).seed.length <= 32, 'a seed of another length');
    },
  };
});

const half = bytesTarget('inference-half', 1, () => {
  const network = randomNetwork(2, [5], VECTOR);
  const { plan: made } = compile(network, { system: 'secureml', fraction: 6 });
  const random = seeded('fuzz halves');
  return {
    samples: splitModel('mnist', made, quantise(network, made), random).map(encodeHalf),
    decode(bytes: Uint8Array) {
      const body = bytes.subarray(0, -32);
      return decodeHalf(Uint8Array.of(...body, ...sha256(body)));
    },
    holds: (read, bytes) =>
      must(equalBytes(encodeHalf(read).subarray(0, -32), bytes.subarray(0, -32)), 'another half was written'),
  };
});

const values = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => i / 8);

const MODEL = {
  tensors: { w: values(32), b: values(2), k: values(18), kb: values(2) },
  shapes: { w: [16, 2], b: [2], k: [2, 1, 3, 3], kb: [2] },
};

const descriptions = [
  { version: 1, input: { shape: [16], range: [0, 1] }, layers: [{ kind: 'dense', weight: 'w', bias: 'b' }] },
  {
    ...{ version: 1, input: { shape: [1, 6, 6], range: [-1, 1] }, classes: ['a', 'ü'] },
    layers: [
      { kind: 'conv2d', weight: 'k', bias: 'kb', stride: 1, padding: 0 },
      ...[{ kind: 'relu' }, { kind: 'averagePool', size: 2 }, { kind: 'maxPool', size: 2, stride: 1 }],
      ...[{ kind: 'flatten' }, { kind: 'argmax' }],
    ],
  },
] satisfies JsonValue[];

const description = jsonTarget(
  'inference-built',
  (value) => buildNetwork(parseDescription(value), MODEL),
  descriptions,
);

const network = bytesTarget('inference-network', 1, () => ({
  samples: descriptions.map((each) =>
    describeNetwork(encodeSafetensors(MODEL.tensors, MODEL.shapes), parseDescription(each)),
  ),
  decode: (bytes: Uint8Array) => readNetwork(bytes),
  maxPerByte: 64,
}));

/** Rows and lanes are agreed on before; here the first two bytes say them. */
const rows = bytesTarget('inference-rows', 1, () => ({
  samples: [
    [1, 1],
    [3, 8],
    [2, 13],
    [5, 200],
  ].map(([count, lanes]) => Uint8Array.of(count!, lanes!, ...new Uint8Array(count! * Math.ceil(lanes! / 8)))),
  decode(bytes: Uint8Array) {
    const from = new ByteReader(bytes, 'rows');
    const [count, lanes] = [from.u8In('rows', 1, 255), from.u8In('lanes', 1, 255)];
    return unpackRows(from.raw(from.remaining, 'rows'), count, lanes);
  },
  encode: (slices) => Uint8Array.of(slices.rows, slices.lanes, ...packRows(slices)),
  maxPerByte: 64,
}));

/** What else comes from files and from the other side: sessions, pieces, halves and models. */
export const inferenceFileTargets: readonly Target[] = [
  ...[sessionValues, sessionTexts, header, piece, half, description, network, rows],
];
