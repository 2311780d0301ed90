import type { ClientStart } from '../../protocol/aggregation/client/session.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { RoundAtWork } from './context.ts';
import { trainLocally } from './training.ts';
import type { LocalUpdate } from './updates.ts';

/**
 * What a round's session starts from: the directory of an active round, and what this client remembers of its rounds.
 * @param invitation bytes of the coordinator's invitation
 * @throws whatever the directory or the memory throws
 */
export async function sessionStart(
  { context, settings, over }: RoundAtWork,
  member: MemberId,
  invitation: Uint8Array,
): Promise<ClientStart> {
  const { trainer, random, policy, consent, identity, directories } = context;
  const { adversary, directoryHash } = settings;
  const directory =
    adversary === 'active' && directories !== undefined ? await directories.get(directoryHash, over) : undefined;
  const history = await consent.history(settings);
  const self = {
    member,
    ...(identity === undefined ? {} : { identity }),
    ...(directory === undefined ? {} : { directory }),
  };
  const { primitives } = trainer;
  return { primitives, random, policy, self, invitation, history, agreements: 'awaited' };
}

/** @throws CairnError `update-shape` where the task's model is not the one that this client's app trains */
export function assertDimension({ context, settings }: RoundAtWork): void {
  const { size } = context.trainer.layout;
  if (settings.dimension === size) return;
  const text = `the task’s model has ${settings.dimension} parameters, this app’s ${size}`;
  throw new CairnError('update-shape', text, { hint: 'give this client the model that the task trains' });
}

/**
 * The update to take part with: that of an earlier attempt from the same model, or one that is trained now.
 * @throws whatever the training throws; the signal's reason once the round is over
 */
export async function obtainUpdate({ context, settings, over, emit }: RoundAtWork): Promise<LocalUpdate> {
  over.throwIfAborted();
  const { trainer, updates } = context;
  const begins = (): void => emit({ kind: 'training' });
  const { update, kept } = await updates.obtain(settings, (signal, earlier) =>
    trainLocally(trainer, settings, signal, begins, earlier),
  );
  over.throwIfAborted();
  const { examples, loss, accuracy } = update;
  emit({ kind: 'trained', examples, loss, accuracy, kept });
  return update;
}
