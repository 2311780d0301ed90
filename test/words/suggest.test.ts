import { describe, expect, it } from 'vitest';
import { didYouMean } from '../../protocol/suggest.ts';

describe('what is said of an unknown word', () => {
  it('is the word that was meant, or else all of them', () => {
    expect(didYouMean('epoch', ['epochs', 'batchSize'])).toBe('did you mean "epochs"?');
    expect(didYouMean('zzz', ['epochs', 'batchSize'])).toBe('there are epochs, batchSize');
  });

  it('is what an option that is gone follows from', () => {
    expect(didYouMean('leastSurvivors', ['minCohort'])).toContain('it follows from "minCohort"');
  });
});
