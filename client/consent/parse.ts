import { z } from 'zod';
import type { ClientPolicy } from '../../protocol/schemes/secagg/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { Faults } from '../../protocol/faults.ts';
import { expectedOf, pathText, shownValue, valueAt } from '../../protocol/issues.ts';
import { LIMITS } from '../../protocol/wire/index.ts';
import { didYouMean } from '../../protocol/suggest.ts';
import { MAX_ROUNDS_PER_DAY } from './record.ts';

const members = z.int().min(0).max(LIMITS.members);
const taskName = z
  .string()
  .min(1)
  .refine((name) => new TextEncoder().encode(name).length <= LIMITS.name, {
    error: `a name of at most ${LIMITS.name} bytes`,
  });

const noise = z.strictObject({
  placement: z.enum(['distributed', 'central']).exactOptional(),
  multiplier: z.number().gt(0),
});

const policy = z.strictObject({
  adversary: z.enum(['active', 'curious']).exactOptional(),
  colluding: z.number().min(0).lt(1).exactOptional(),
  minCohort: z.int().min(2).max(LIMITS.members).exactOptional(),
  minThreshold: members.exactOptional(),
  maxRoundsPerDay: z.int().min(0).max(MAX_ROUNDS_PER_DAY).exactOptional(),
  tasks: z.array(taskName).min(1).max(LIMITS.tasks).exactOptional(),
  minNoise: noise.exactOptional(),
  maxEpsilon: z.number().gt(0).exactOptional(),
  maxRepeats: z.int().min(0).max(255).exactOptional(),
  maxRebases: z.int().min(0).max(MAX_ROUNDS_PER_DAY).exactOptional(),
  minCohortDifference: members.exactOptional(),
  tellReason: z.boolean().exactOptional(),
} satisfies Record<keyof ClientPolicy, z.ZodType>);

/**
 * Checks a client's policy: the content of a policy file, or an object that a program passes. Omitted fields have their
 * defaults.
 * @param file the file it comes from, for messages
 * @throws CairnError `config-unknown-key` with the key that was probably meant, `config-invalid` naming the field; if
 * several are wrong, all of them, with the code of the first
 */
export function parsePolicy(value: unknown, file?: string): Partial<ClientPolicy> {
  const parsed = policy.safeParse(value);
  if (parsed.success) return parsed.data;
  const at = (path: readonly PropertyKey[]): string => {
    if (path.length === 0) return file ?? 'policy';
    return file === undefined ? `policy.${pathText(path)}` : `${file}: ${pathText(path)}`;
  };
  const { issues } = parsed.error;
  const faults = new Faults();
  // Unknown keys come first: a misspelt key also looks missing.
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') continue;
    const known = Object.keys((issue.path.length === 0 ? policy : noise).shape);
    for (const key of issue.keys) {
      faults.add(
        new CairnError('config-unknown-key', `${at(issue.path)}: unknown key "${key}"; ${didYouMean(key, known)}`),
      );
    }
  }
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') continue;
    const message = `${at(issue.path)}: expected ${expectedOf(issue, 'or') ?? issue.message}, but ${shownValue(valueAt(value, issue.path))}`;
    faults.add(new CairnError('config-invalid', message));
  }
  throw faults.error ?? new CairnError('config-invalid', `${at([])} is not valid`);
}
