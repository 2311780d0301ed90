import { fedAdagrad, fedAdam, fedYogi } from './adaptive.ts';
import { fedAvg, fedAvgM } from './averaging.ts';
import type { Strategy, StrategyConfig } from './types.ts';

export { STRATEGY_NAMES } from './types.ts';
export type { Strategy, StrategyConfig, StrategyName, StrategyState } from './types.ts';

/** The strategy that a configuration names. */
export function createStrategy(config: StrategyConfig): Strategy {
  switch (config.name) {
    case 'fedavg':
      return fedAvg(config);
    case 'fedavgm':
      return fedAvgM(config);
    case 'fedadagrad':
      return fedAdagrad(config);
    case 'fedadam':
      return fedAdam(config);
    case 'fedyogi':
      return fedYogi(config);
  }
}
