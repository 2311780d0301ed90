import { type ClientStart, measuringPoint } from '../../protocol/rounds/index.ts';
import { toHex } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { RoundInvitation } from '../../protocol/wire/index.ts';
import type { RoundAtWork, RoundFromModel } from './context.ts';
import { sizeFault } from './shape-fault.ts';
import { trainLocally } from './training.ts';
import type { LocalUpdate } from './updates.ts';

/**
 * The round with its model's point, which is all that the client remembers it by.
 * @throws what `fetchModel` throws; the signal's reason once the round is over
 */
export async function fromModel(round: RoundAtWork): Promise<RoundFromModel> {
  const { context, settings, over } = round;
  const { models, primitives } = context.trainer;
  const point = await models.point(settings.modelHash, over);
  const remembered = settings.measures === true ? measuringPoint(primitives, point) : point;
  return { ...round, point, from: { settings, point: toHex(remembered) } };
}

/**
 * What a round's session starts from: the directory of an active round, and this client's memory of its rounds.
 * @throws whatever the directory or the memory throws
 */
export async function sessionStart(
  { context, settings, from, over, emit }: RoundFromModel,
  member: MemberId,
  invitation: RoundInvitation,
): Promise<ClientStart> {
  const { trainer, random, policy, consent, identity, directories } = context;
  const { adversary, directoryHash, rebases } = settings;
  const directory =
    adversary === 'active' && directories !== undefined ? await directories.get(directoryHash, over) : undefined;
  const history = await consent.history(from.point);
  if (rebases > 0) emit({ kind: 'rebased', rebases, withinDay: history.rebasesWithinDay + 1 });
  const self = {
    member,
    ...(identity === undefined ? {} : { identity }),
    ...(directory === undefined ? {} : { directory }),
  };
  const { primitives } = trainer;
  return { primitives, random, policy, self, invitation, history, agreements: 'awaited' };
}

/**
 * Checks the size of the task's model before any training on it.
 * @throws CairnError `update-shape` if it is not the one that this client's app trains, naming the tensor; the signal's
 * reason once the round is over
 */
export async function assertDimension({ context, settings, over }: RoundAtWork): Promise<void> {
  const { trainer } = context;
  if (settings.dimension === trainer.layout.size) return;
  const fault = await sizeFault(trainer, settings, over);
  over.throwIfAborted();
  throw fault;
}

/**
 * Checks the tensors that a round averages without training against those that the app names, which are none if it
 * names none: they are not clipped, so the coordinator must not decide which these are.
 * @throws CairnError `update-shape` if they are not the same whole tensors
 */
export function assertUntrained({ context, settings }: RoundAtWork): void {
  const { app, layout } = context.trainer;
  const { untrained = [] } = settings;
  const isNamed = (name: string): boolean =>
    untrained.some(({ from, length }) => from === layout.offsetOf(name) && length === layout.sizeOf(name));
  const named = layout.names.filter(isNamed);
  const own = layout.names.filter((name) => app.untrained?.includes(name));
  if (named.length === untrained.length && named.join('\n') === own.join('\n')) return;
  const text = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));
  throw new CairnError(
    'update-shape',
    `untrained tensors are ${text(own)} in this app, but ${named.length === untrained.length ? text(named) : 'others'} in the task`,
    { hint: 'name the same tensors in the task’s "untrained" and in the app (its `untrained`)' },
  );
}

/** The update to take part with, and whether the round was counted for its training. */
export interface Obtained {
  readonly update: LocalUpdate;
  readonly counted: boolean;
}

/**
 * The update to take part with: that of an earlier attempt from the same model, or one that is trained now. A training
 * is recorded before it begins.
 * @throws whatever the training or the memory throws; the signal's reason once the round is over
 */
export async function obtainUpdate({ context, settings, point, from, over, emit }: RoundFromModel): Promise<Obtained> {
  over.throwIfAborted();
  const { trainer, updates, consent, policy } = context;
  const { task, round, modelHash, repeat, training } = settings;
  const telling = {
    noted: () => consent.training(from, policy),
    begins: () => emit({ kind: 'training' }),
  };
  const { update, kept } = await updates.obtain(task, { point, repeat, training }, (signal) =>
    trainLocally(trainer, { task, round, modelHash, point, repeat, training }, signal, telling),
  );
  over.throwIfAborted();
  const { examples, loss, accuracy } = update;
  emit({ kind: 'trained', examples, loss, accuracy, kept });
  return { update, counted: !kept };
}
