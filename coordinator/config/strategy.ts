import { z } from 'zod';
import { STRATEGY_NAMES, type StrategyConfig } from '../../learning/strategies/index.ts';
import { didYouMean } from '../../protocol/suggest.ts';
import { strict } from './strict.ts';

const positive = z.number().gt(0);
const decay = z.number().min(0).lt(1);

const adaptive = {
  learningRate: positive.default(0.01),
  beta1: decay.default(0.9),
  tau: positive.default(0.001),
};

const options = z.discriminatedUnion(
  'name',
  [
    strict({ name: z.literal('fedavg'), learningRate: positive.default(1) }),
    strict({ name: z.literal('fedavgm'), learningRate: positive.default(1), momentum: decay.default(0.9) }),
    strict({ name: z.literal('fedadagrad'), ...adaptive }),
    strict({ name: z.literal('fedadam'), ...adaptive, beta2: decay.default(0.99) }),
    strict({ name: z.literal('fedyogi'), ...adaptive, beta2: decay.default(0.99) }),
  ],
  {
    error: (issue) => {
      const { input } = issue;
      const name: unknown = typeof input === 'object' && input !== null && 'name' in input ? input.name : undefined;
      return typeof name === 'string'
        ? `unknown strategy "${name}"; ${didYouMean(name, STRATEGY_NAMES)}`
        : `expected the name of a strategy (${STRATEGY_NAMES.join(', ')}), or an object with it`;
    },
  },
);

/** A strategy: its name alone, or an object with its name and options. */
export const strategySchema: z.ZodType<StrategyConfig> = z.preprocess(
  (value) => (typeof value === 'string' ? { name: value } : value),
  options,
);
