import { CairnError } from '../../errors.ts';
import type { ModelRecord, SentInput } from '../history.ts';

/**
 * For one model and one `repeat` a client always sends the same input, or nothing: if one member changes its input
 * between two sums of the same members, the difference of the sums is that change. Terms are the same for all repeats
 * of a model, since another clip or cap on examples can change the input of one member alone.
 * @param record what is remembered of the round's model point
 * @param sent what is about to be sent; without `input` while only the settings are known
 * @throws CairnError `repeat-refused` for a `repeat` below one that an input was sent for, `input-changed` for another
 * input or other terms, and for a model of which no more is remembered than that something was sent
 */
export function assertInputAllowed(
  record: ModelRecord | undefined,
  { repeat, input, terms }: Omit<SentInput, 'input'> & Partial<SentInput>,
): void {
  if (record === undefined) return;
  if (record.closed === true) {
    throw new CairnError(
      'input-changed',
      'this client sent an input from this model so many models ago that it does not remember which',
    );
  }
  for (const earlier of record.inputs) {
    if (repeat < earlier.repeat) {
      throw new CairnError(
        'repeat-refused',
        `the round is for repeat ${repeat} of a model, but this client has sent an input for repeat ${earlier.repeat} of it`,
      );
    }
    if (terms !== earlier.terms) {
      throw new CairnError(
        'input-changed',
        'this client has sent an input from this model under another clip, cap on examples, noise or training',
      );
    }
    if (repeat === earlier.repeat && input !== undefined && input !== earlier.input) {
      throw new CairnError(
        'input-changed',
        'this client’s training gave a different update from the one that it has sent from this model',
        {
          hint: 'use the same seed and data as before, or wait for the next model; training should be reproducible',
        },
      );
    }
  }
}
