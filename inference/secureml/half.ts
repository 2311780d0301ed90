import { equalBytes, portablePrimitives, type RandomSource } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { mapSizes, type Words, ringOf } from '../../protocol/mpc/sharing/index.ts';
import { ByteReader, ByteWriter } from '../../protocol/wire/index.ts';
import { decodePlan, encodePlan, MAX_PLAN } from '../plan/encode.ts';
import type { QuantisedLayer } from '../plan/quantise.ts';
import type { LinearStep, Plan } from '../plan/types.ts';
import { type ServerRole } from './server.ts';
import { splitLayers } from './split.ts';

/*
 * What one of the two servers holds of a model, as a file. Numbers are little-endian.
 *
 *   half: "cairn.half", u8 version, u8 role (0 for a), 16 bytes link, 32 bytes link key, 32 bytes mask seed, text name,
 *         block plan; for each linear step its weights and, if it has one, its bias, as ring elements;
 *         32 bytes SHA-256 of all before
 */

const MAGIC = 'cairn.half';
const VERSION = 1;
const CHECKSUM = 32;
const MAX_NAME = 100;
const ROLES: readonly ServerRole[] = ['a', 'b'];

/** One server's half of a model. Secret: together with the other half it is the model. */
export interface ModelHalf {
  readonly role: ServerRole;
  readonly name: string;
  readonly plan: Plan;
  readonly layers: readonly QuantisedLayer[];
  /** Seed of this half's shares of the weights' masks: 32 bytes. */
  readonly maskSeed: Uint8Array;
  /** Says which two halves belong together: 16 bytes, not a secret. */
  readonly link: Uint8Array;
  /** By which the two servers know each other: 32 bytes, the same in both halves. */
  readonly linkKey: Uint8Array;
}

/** Splits a model into the halves of two servers. Each alone is uniform but for the plan. */
export function splitModel(
  name: string,
  plan: Plan,
  layers: readonly QuantisedLayer[],
  random: RandomSource,
): readonly [a: ModelHalf, b: ModelHalf] {
  const [link, linkKey] = [random(16), random(32)];
  const [layersA, layersB] = splitLayers(plan, layers, random);
  return [
    { role: 'a', name, plan, layers: layersA, maskSeed: random(32), link, linkKey },
    { role: 'b', name, plan, layers: layersB, maskSeed: random(32), link, linkKey },
  ];
}

/** A half as the bytes of its file. */
export function encodeHalf({ role, name, plan, layers, maskSeed, link, linkKey }: ModelHalf): Uint8Array {
  const ring = ringOf(plan.bits);
  const out = new ByteWriter(1 << 16).text(MAGIC).u8(VERSION).u8(ROLES.indexOf(role));
  out.fixed(link, 16).fixed(linkKey, 32).fixed(maskSeed, 32).text(name).block(encodePlan(plan));
  for (const { weights, bias } of layers) {
    out.raw(ring.toBytes(weights));
    if (bias !== undefined) out.raw(ring.toBytes(bias));
  }
  const body = out.finish();
  const whole = new Uint8Array(body.length + CHECKSUM);
  whole.set(body);
  whole.set(portablePrimitives.sha256(body), body.length);
  body.fill(0);
  return whole;
}

/**
 * Reads a half.
 * @throws CairnError `model-malformed` for what is no half of a model, or was damaged
 */
export function decodeHalf(bytes: Uint8Array): ModelHalf {
  try {
    return decoded(bytes);
  } catch (cause) {
    if (cause instanceof CairnError && cause.code.startsWith('wire-')) {
      throw new CairnError('model-malformed', `it is no half of a model: ${cause.message}`, {
        cause,
        hint: 'make both halves again with cairn serve split',
      });
    }
    throw cause;
  }
}

function decoded(bytes: Uint8Array): ModelHalf {
  const body = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM));
  const from = new ByteReader(body, 'half');
  if (from.text('format', MAGIC.length) !== MAGIC) throw from.error('wire-type', 'it is of another format');
  if (!equalBytes(portablePrimitives.sha256(body), bytes.subarray(body.length))) {
    throw from.error('wire-not-canonical', 'its checksum is wrong');
  }
  if (from.u8('version') !== VERSION) throw from.error('wire-type', 'it is of another version');
  const role = ROLES[from.u8In('role', 0, 1)]!;
  const [link, linkKey, maskSeed] = [
    // Copies, whatever the caller does with its bytes: the slice of a Buffer would be a view.
    new Uint8Array(from.raw(16, 'link')),
    new Uint8Array(from.raw(32, 'key')),
    new Uint8Array(from.raw(32, 'seed')),
  ];
  const name = from.text('name', MAX_NAME);
  const plan = decodePlan(from.block('plan', MAX_PLAN));
  const ring = ringOf(plan.bits);
  const words = (count: number, field: string): Words => ring.fromBytes(from.raw(count * ring.bytes, field));
  const layers = plan.steps
    .filter((step): step is LinearStep => step.kind === 'linear')
    .map(({ map, bias }) => ({
      weights: words(mapSizes(map).weights, 'weights'),
      bias: bias ? words(map.kind === 'dense' ? map.outputs : map.filters, 'bias') : undefined,
    }));
  from.end();
  return { role, name, plan, layers, maskSeed, link, linkKey };
}
