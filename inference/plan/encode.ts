import { CairnError } from '../../protocol/errors.ts';
import type { LinearMap } from '../../protocol/mpc/sharing/index.ts';
import { ByteReader, ByteWriter } from '../../protocol/wire/index.ts';
import { NETWORK_LIMITS } from '../network/limits.ts';
import type { NetworkShape } from '../network/types.ts';
import { SUPPORT } from './support.ts';
import { traceOf } from './trace.ts';
import { type Plan, type PoolStep, type Step, type StepKind, SYSTEMS } from './types.ts';

/*
 * Plans as bytes: one encoding for each plan, so that both sides compare a hash. Numbers are little-endian.
 *
 *   plan:  "cairn.plan", u8 version, u8 system, u8 ring bits, u8 fraction, u8 rank, rank × u32 extents,
 *          f64 low, f64 high, u8 reveal, u16 classes, each a text; u16 steps, each a u8 kind and its fields
 */

const MAGIC = 'cairn.plan';

/** Version of the encoding and of what steps mean. */
const VERSION = 1;

/** Maximum length of an encoded plan in bytes. */
export const MAX_PLAN = 2 ** 20;

/** By the byte that stands for it. */
const KINDS = ['linear', 'rectify', 'truncate', 'square', 'maxPool', 'sumPool', 'piecewise', 'reveal'] as const;
const REVEALS = ['class', 'scores'] as const;
const FUNCTIONS = ['sigmoid', 'tanh'] as const;
const PIECES = ['secureml', 'plan', 'fine'] as const;
const MAPS = ['dense', 'convolution'] as const;

// Every kind has a byte.
KINDS satisfies readonly StepKind[];

/** A plan's one encoding. @throws CairnError `wire-bounds` for a plan beyond the limits, or whose steps do not fit */
export function encodePlan(plan: Plan): Uint8Array {
  traceOf(plan);
  const out = new ByteWriter(1024).text(MAGIC).u8(VERSION);
  out.u8(SYSTEMS.indexOf(plan.system)).u8(plan.bits).u8(plan.fraction);
  out.u8(plan.inputShape.length);
  for (const extent of plan.inputShape) out.u32(extent);
  for (const end of plan.inputRange) out.f64(end);
  out.u8(REVEALS.indexOf(plan.reveal));
  out.u16(plan.classes.length);
  for (const name of plan.classes) out.text(name);
  out.u16(plan.steps.length);
  for (const step of plan.steps) writeStep(out, step);
  const bytes = out.finish();
  if (bytes.length > MAX_PLAN) throw new CairnError('wire-bounds', `a plan of ${bytes.length} bytes`);
  return bytes;
}

function writeMap(out: ByteWriter, map: LinearMap): void {
  out.u8(MAPS.indexOf(map.kind));
  if (map.kind === 'dense') out.u32(map.inputs).u32(map.outputs);
  else {
    out.u32(map.channels).u16(map.height).u16(map.width).u32(map.filters);
    out.u16(map.size).u16(map.stride).u16(map.padding);
  }
}

function writeStep(out: ByteWriter, step: Step): void {
  out.u8(KINDS.indexOf(step.kind));
  switch (step.kind) {
    case 'linear':
      writeMap(out, step.map);
      out
        .u8(step.bias ? 1 : 0)
        .u8(step.layer)
        .u8(step.fraction);
      break;
    case 'rectify':
    case 'truncate':
      out.u32(step.count).u8(step.shift);
      break;
    case 'square':
      out.u32(step.count);
      break;
    case 'maxPool':
    case 'sumPool':
      out.u32(step.channels).u16(step.height).u16(step.width).u16(step.size).u16(step.stride);
      break;
    case 'piecewise':
      out.u8(FUNCTIONS.indexOf(step.function)).u8(PIECES.indexOf(step.pieces)).u32(step.count).u8(step.drop);
      break;
    case 'reveal':
      out.u32(step.count);
      break;
  }
}

/**
 * Reads a plan that the other side has sent. Whatever it says is checked: each field against its bounds, the steps
 * against each other, their kinds against the system. So the time and memory of a run are bounded by the limits alone.
 * @throws CairnError `wire-…` for anything but the encoding of a plan within the limits
 */
export function decodePlan(bytes: Uint8Array): Plan {
  if (bytes.length > MAX_PLAN) throw new CairnError('wire-bounds', `plan: more than ${MAX_PLAN} bytes`);
  const from = new ByteReader(bytes, 'plan');
  if (from.text('name', MAGIC.length) !== MAGIC) throw from.error('wire-type', 'it is none');
  if (from.u8('version') !== VERSION) throw new CairnError('wire-version', 'plan: another version');
  const system = SYSTEMS[from.u8In('system', 0, SYSTEMS.length - 1)]!;
  const bits = from.u8('ring');
  if (bits !== 32 && bits !== 64) throw from.error('wire-bounds', `a ring of ${bits} bits`);
  const fraction = from.u8In('fraction', 1, bits - 2);
  const inputShape = readShape(from);
  const inputRange = [from.f64('low'), from.f64('high')] as const;
  if (!(inputRange[0] < inputRange[1])) throw from.error('wire-bounds', 'inputs in an empty range');
  const reveal = REVEALS[from.u8In('reveal', 0, 1)]!;
  const classes: string[] = [];
  // One after another: a count alone allocates nothing.
  for (let left = from.u16In('classes', 0, NETWORK_LIMITS.classes); left > 0; left--) {
    classes.push(from.text('class', NETWORK_LIMITS.className));
  }
  const count = from.u16In('steps', 1, NETWORK_LIMITS.steps);
  const steps: Step[] = [];
  for (let i = 0; i < count; i++) steps.push(readStep(from, bits, reveal));
  from.end();
  const plan: Plan = { system, bits, fraction, inputShape, inputRange, steps, reveal, classes };
  traceOf(plan);
  assertRunnable(plan);
  return plan;
}

/** @throws CairnError `wire-bounds` for a plan that its system cannot run */
function assertRunnable({ system, bits, steps, reveal }: Plan): void {
  const { rings, reveals, layers, compiles } = SUPPORT[system];
  const foreign = steps.some(
    (step) =>
      (step.kind === 'maxPool' && !layers.has('maxPool')) ||
      (step.kind === 'rectify' && !layers.has('relu')) ||
      (step.kind === 'square' && !layers.has('square')) ||
      (step.kind === 'piecewise' && !layers.has(step.function)),
  );
  if (compiles && rings.includes(bits) && reveals.has(reveal) && !foreign) return;
  throw new CairnError('wire-bounds', `plan: ${system} cannot run it`);
}

function readShape(from: ByteReader): NetworkShape {
  const { extent, side } = NETWORK_LIMITS;
  const rank = from.u8('rank');
  if (rank === 1) return [from.u32In('values', 1, extent)];
  if (rank !== 3) throw from.error('wire-bounds', `an input of rank ${rank}`);
  return [from.u32In('channels', 1, extent), from.u32In('height', 1, side), from.u32In('width', 1, side)];
}

function readMap(from: ByteReader): LinearMap {
  const { extent, side } = NETWORK_LIMITS;
  if (MAPS[from.u8In('map', 0, 1)] === 'dense') {
    const { values } = NETWORK_LIMITS;
    return { kind: 'dense', inputs: from.u32In('inputs', 1, values), outputs: from.u32In('outputs', 1, extent) };
  }
  return {
    kind: 'convolution',
    channels: from.u32In('channels', 1, extent),
    height: from.u16In('height', 1, side),
    width: from.u16In('width', 1, side),
    filters: from.u32In('filters', 1, extent),
    size: from.u16In('size', 1, side),
    stride: from.u16In('stride', 1, side),
    padding: from.u16In('padding', 0, side),
  };
}

function readStep(from: ByteReader, bits: 32 | 64, reveal: Plan['reveal']): Step {
  const { values, extent, side, layers } = NETWORK_LIMITS;
  const kind = KINDS[from.u8In('step', 0, KINDS.length - 1)]!;
  const counted = (): number => from.u32In('count', 1, values);
  switch (kind) {
    case 'linear': {
      const map = readMap(from);
      const bias = from.flag('bias');
      return {
        kind,
        map,
        bias,
        layer: from.u8In('layer', 0, layers - 1),
        fraction: from.u8In('fraction', 0, bits - 2),
      };
    }
    case 'rectify':
      return { kind, count: counted(), shift: from.u8In('shift', 0, bits - 2) };
    case 'truncate':
      return { kind, count: counted(), shift: from.u8In('shift', 1, bits - 2) };
    case 'square':
      return { kind, count: counted() };
    case 'maxPool':
    case 'sumPool':
      return readPool(from, kind, extent, side);
    case 'piecewise':
      return {
        kind,
        function: FUNCTIONS[from.u8In('function', 0, FUNCTIONS.length - 1)]!,
        pieces: PIECES[from.u8In('pieces', 0, PIECES.length - 1)]!,
        count: counted(),
        drop: from.u8In('drop', 0, bits - 2),
      };
    case 'reveal':
      return { kind, what: reveal, count: counted() };
  }
}

function readPool(from: ByteReader, kind: PoolStep['kind'], extent: number, side: number): PoolStep {
  return {
    kind,
    channels: from.u32In('channels', 1, extent),
    height: from.u16In('height', 1, side),
    width: from.u16In('width', 1, side),
    size: from.u16In('size', 1, side),
    stride: from.u16In('stride', 1, side),
  };
}
