import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { GroupRuleDefinition, OwnLearning, StrategyDefinition } from '../coordinator/index.ts';
import { CairnError } from '../protocol/errors.ts';
import { loadFault } from './module-fault.ts';

/** The option that names the module, for errors. */
const OPTION = '--learning';

/**
 * Loads the strategies and group rules that a module exports as `strategies` and `rules`.
 * @param path - undefined for none
 * @throws CairnError `config-unreadable` if the file does not exist, `app-failed` with the module's own line if it
 * throws or cannot be parsed, `config-invalid` if it exports neither, or something else by one of these names
 */
export async function loadLearning(path: string | undefined): Promise<OwnLearning> {
  if (path === undefined) return {};
  let module: Readonly<Record<string, unknown>>;
  try {
    module = (await import(pathToFileURL(resolve(path)).href)) as Readonly<Record<string, unknown>>;
  } catch (thrown) {
    throw await loadFault(OPTION, path, thrown);
  }
  const { strategies, rules } = module;
  if (strategies === undefined && rules === undefined) {
    throw new CairnError('config-invalid', `${OPTION} ${path} exports neither \`strategies\` nor \`rules\``, {
      hint: HINT,
    });
  }
  return {
    strategies: definitions(strategies, `${OPTION} ${path}: strategies`) as readonly StrategyDefinition[],
    rules: definitions(rules, `${OPTION} ${path}: rules`) as readonly GroupRuleDefinition[],
  };
}

const HINT = 'export lists of the values that defineStrategy() and defineGroupRule() return; see examples/own-strategy';

function definitions(value: unknown, what: string): readonly unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every(isDefinition)) return value;
  throw new CairnError('config-invalid', `${what}: expected a list of definitions`, { hint: HINT });
}

const isDefinition = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  'options' in value &&
  'create' in value &&
  typeof value.create === 'function';
