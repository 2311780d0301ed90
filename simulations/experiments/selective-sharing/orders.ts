import type { Random } from '../../../training/index.ts';

/** Who trains when: in turn, in a new order each epoch, or several at once. */
export type Order = 'round-robin' | 'random' | 'asynchronous';

/** What happens next in an epoch: a participant downloads and begins to train, or is done and uploads. */
export interface Turn {
  readonly participant: number;
  readonly does: 'download' | 'upload';
}

/**
 * The turns of one epoch; each participant has one download and one upload behind it. In round robin and in random order
 * they follow at once: nobody else comes between. In asynchronous order `concurrency` participants train at once on what
 * was there when they began; which of them uploads next is drawn, and then the next one begins.
 */
export function turnsOf(order: Order, participants: number, concurrency: number, random: Random): Turn[] {
  const queue = Uint32Array.from({ length: participants }, (_, i) => i);
  if (order !== 'round-robin') random.shuffle(queue);
  const limit = order === 'asynchronous' ? concurrency : 1;
  const turns: Turn[] = [];
  const training: number[] = [];
  const finishOne = (): void => {
    const participant = training.splice(random.below(training.length), 1)[0]!;
    turns.push({ participant, does: 'upload' });
  };
  for (const participant of queue) {
    if (training.length === limit) finishOne();
    training.push(participant);
    turns.push({ participant, does: 'download' });
  }
  while (training.length > 0) finishOne();
  return turns;
}
