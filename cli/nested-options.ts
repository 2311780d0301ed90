import type { Command } from 'commander';
import { CairnError } from '../protocol/errors.ts';

/**
 * The options of a command within another one, which takes those that both know, wherever they stand.
 * @throws CairnError `usage` for an option that the outer one took and the inner one does not know
 */
export function nestedOptions(command: Command): object {
  const outer = command.parent!;
  const known = new Map(command.options.map((option) => [option.attributeName(), option]));
  const flags: Record<string, unknown> = command.opts();
  for (const option of outer.options) {
    const name = option.attributeName();
    if (outer.getOptionValueSource(name) !== 'cli') continue;
    if (!known.has(name)) {
      throw new CairnError('usage', `unknown option '${option.long ?? option.flags}'`, {
        hint: `see cairn ${outer.name()} ${command.name()} --help`,
      });
    }
    flags[name] = outer.getOptionValue(name);
  }
  return flags;
}
