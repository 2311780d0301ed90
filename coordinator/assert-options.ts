import { CairnError } from '../protocol/errors.ts';
import { assertOptions, type OptionKinds } from '../protocol/options.ts';
import type { CoordinatorOptions } from './options.ts';

const KINDS: OptionKinds<CoordinatorOptions> = {
  config: 'object',
  evaluate: 'function',
  initialModels: 'object',
  store: ['string', 'object'],
  log: 'object',
  version: 'string',
  primitives: 'object',
  random: 'function',
  schemes: 'array',
  clock: 'function',
  begin: 'object',
  strategies: 'array',
  rules: 'array',
};

/**
 * Checks the names and kinds of the options of `createCoordinator`, and that its configuration has been parsed: a raw one
 * lacks what follows from its fields, limits among them.
 * @throws CairnError `config-unknown-key`, `config-invalid`
 */
export function assertCoordinatorOptions(options: unknown): asserts options is CoordinatorOptions {
  assertOptions<CoordinatorOptions>('options of createCoordinator', options, KINDS, ['config']);
  const { host, uploads, tasks } = options.config as Readonly<Record<string, unknown>>;
  // No configuration file can have `uploads`: parseConfig adds it.
  if (typeof host === 'string' && typeof uploads === 'object' && Array.isArray(tasks)) return;
  throw new CairnError('config-invalid', 'options of createCoordinator: config is not a parsed configuration', {
    hint: 'pass the result of parseConfig or loadConfig',
  });
}
