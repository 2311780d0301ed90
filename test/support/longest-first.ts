import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest, longest first. Nothing but the time that a whole run takes depends on this list. */
const LONGEST = [
  'scripts/nodes',
  'disturb/disturb',
  'soak/soak',
  'fuzz/fuzz',
  'model/secrecy',
  'adversary/clients/spoilt-seals',
  'simulations/selective-sharing/experiment',
  'simulations/dropout/experiment',
  'simulations/faults/prediction',
  'simulations/gan-attack/run',
  'e2e/enrol',
  'adversary/clients/slow-loris',
  'e2e/bad-input',
  'e2e/package',
  'scenarios/dropout',
  'simulations/faults/kinds',
  'simulations/poisoning/experiment',
  'simulations/private-inference/experiment',
  'bench/report',
  'e2e/demo',
  'e2e/reconnect',
].map((name) => `/test/${name}.test.ts`);

/**
 * On a fresh clone nothing is known of earlier runs, and larger files would come first. The longest ones are small: they
 * start other programs, and one of them would begin when all else is done and leave a core idle at the end.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.findIndex((name) => moduleId.endsWith(name));
      return at < 0 ? LONGEST.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
