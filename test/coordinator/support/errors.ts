import { CairnError } from '../../../protocol/errors.ts';

function mustBeCairnError(thrown: unknown): CairnError {
  if (thrown instanceof CairnError) return thrown;
  throw thrown;
}

/** The CairnError that `work` throws; fails where it throws none. */
export function errorOf(work: () => unknown): CairnError {
  try {
    work();
  } catch (thrown) {
    return mustBeCairnError(thrown);
  }
  throw new Error('nothing was thrown');
}

/** The CairnError that a promise is rejected with; fails where it is not. */
export async function rejectionOf(work: Promise<unknown>): Promise<CairnError> {
  try {
    await work;
  } catch (thrown) {
    return mustBeCairnError(thrown);
  }
  throw new Error('the promise was not rejected');
}
