import { CairnError } from '../../errors.ts';
import type { ModelRecord, SentInput } from '../history.ts';

/**
 * From one model and one `repeat` a client sends the same input ever after, or nothing: the difference of two sums of the
 * same members in which one of them has changed its input is what it changed. Terms are the same for all repeats of a
 * model, since another clip or cap on examples can change the input of one member alone.
 * @param record what is remembered of the round's model point
 * @param sent what is about to be sent; without `input` where only the settings are known yet
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
        `the round is for repeat ${repeat} of a model of which this client has sent an input for repeat ${earlier.repeat}`,
      );
    }
    if (terms !== earlier.terms) {
      throw new CairnError(
        'input-changed',
        'from this model this client has sent an input under another clip, cap on examples, noise or training',
      );
    }
    if (repeat === earlier.repeat && input !== undefined && input !== earlier.input) {
      throw new CairnError(
        'input-changed',
        'this client’s training gave another update than the one that it has sent from this model',
        {
          hint: 'use the same seed and data as before, or wait for the next model; an app should train the same twice',
        },
      );
    }
  }
}
