import { z } from 'zod';
import { CairnError } from '../../protocol/errors.ts';
import { configError } from '../../protocol/issues.ts';
import { readJson } from '../../protocol/json.ts';
import { didYouMean } from '../../protocol/suggest.ts';
import { NETWORK_LIMITS } from './limits.ts';
import type { LayerKind } from './types.ts';

/** Version of descriptions. */
const VERSION = 1;

/** Maximum length of a description in characters. */
const MAX_TEXT = 2 ** 20;

function strict<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined;
      return issue.keys.map((key) => `unknown key "${key}"; ${didYouMean(key, Object.keys(shape))}`).join('; ');
    },
  });
}

const side = z.int().min(1).max(NETWORK_LIMITS.side);
const tensor = z.string().min(1).max(1024);
const weights = { weight: tensor, bias: tensor.optional() };
const pool = { size: side, stride: side.optional() };

/** What each kind of layer says besides its kind. */
const LAYERS = {
  dense: weights,
  conv2d: { ...weights, stride: side.optional(), padding: z.int().min(0).max(NETWORK_LIMITS.side).optional() },
  maxPool: pool,
  averagePool: pool,
  relu: {},
  square: {},
  sigmoid: {},
  tanh: {},
  flatten: {},
  argmax: {},
} as const satisfies Record<LayerKind, z.core.$ZodLooseShape>;

const KINDS = Object.keys(LAYERS) as LayerKind[];

const layerSchema = z.discriminatedUnion(
  'kind',
  [
    strict({ kind: z.literal('dense'), ...LAYERS.dense }),
    strict({ kind: z.literal('conv2d'), ...LAYERS.conv2d }),
    strict({ kind: z.literal('maxPool'), ...LAYERS.maxPool }),
    strict({ kind: z.literal('averagePool'), ...LAYERS.averagePool }),
    strict({ kind: z.enum(['relu', 'square', 'sigmoid', 'tanh', 'flatten', 'argmax']) }),
  ],
  {
    error: (issue) => {
      const { input } = issue;
      const kind = typeof input === 'object' && input !== null && 'kind' in input ? input.kind : undefined;
      if (typeof kind !== 'string') return `a layer is an object with a "kind": ${KINDS.join(', ')}`;
      return `there is no layer "${kind.slice(0, 40)}"; ${didYouMean(kind.slice(0, 40), KINDS)}`;
    },
  },
);

const extent = z.int().min(1).max(NETWORK_LIMITS.extent);

const schema = strict({
  version: z.literal(VERSION),
  input: strict({
    /** [values], or [channels, height, width]. */
    shape: z.union([z.tuple([extent]), z.tuple([extent, side, side])]),
    range: z.tuple([z.number(), z.number()]),
  }),
  layers: z.array(layerSchema).min(1).max(NETWORK_LIMITS.layers),
  classes: z.array(z.string().min(1)).max(NETWORK_LIMITS.classes).optional(),
});

/**
 * A network in words, beside the tensors of a model's file: its input, and its layers in order with the names of their
 * tensors. Shapes of weights are in the file alone. In the metadata of a safetensors file it is the JSON text of the key
 * `network`.
 */
export type NetworkDescription = z.output<typeof schema>;

/** A layer of a description. */
export type LayerDescription = NetworkDescription['layers'][number];

/**
 * Checks a description.
 * @throws CairnError `network-malformed` naming every field that is wrong
 */
export function parseDescription(value: unknown): NetworkDescription {
  const parsed = strict({ network: schema }).safeParse({ network: value });
  if (parsed.success) return parsed.data.network;
  const { message } = configError(parsed.error.issues, { network: value });
  throw new CairnError('network-malformed', `the description of the network is not valid: ${message}`);
}

/**
 * Reads a description's JSON text.
 * @param what is named in messages: a path, or where in a file it is
 * @throws CairnError `network-malformed` with the place of the mistake
 */
export function readDescription(text: string, what: string): NetworkDescription {
  if (text.length > MAX_TEXT) throw new CairnError('network-malformed', `${what} has more than ${MAX_TEXT} characters`);
  return parseDescription(readJson(text, what, { code: 'network-malformed' }));
}
