import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { PacedQueue } from '../../coordinator/rounds/paced-queue.ts';

const noFault = (thrown: unknown): void => {
  throw new Error('no fault was expected', { cause: thrown });
};

/** A slice that never ends within a test, and one in which there is room for one task. */
const ENDLESS = 1e9;
const ONE = 0;

/** Tasks that write down their names. */
const named = (done: string[], ...names: readonly string[]) => names.map((name) => () => void done.push(name));

describe('an outbox', () => {
  it('does at once what fits into a slice', () => {
    const done: string[] = [];
    new PacedQueue(noFault, ENDLESS).push(named(done, 'a', 'b', 'c'));
    expect(done).toEqual(['a', 'b', 'c']);
  });

  it('lets the loop turn between two slices', async () => {
    const done: string[] = [];
    const outbox = new PacedQueue(noFault, ONE);
    outbox.push(named(done, 'a', 'b', 'c'));
    for (const many of [1, 2, 3]) {
      expect(done).toHaveLength(many);
      done.push('turn');
      await nextTurn();
      done.splice(done.indexOf('turn'), 1);
    }
    expect(done).toEqual(['a', 'b', 'c']);
  });

  it('keeps the order of tasks that arrive while it works, and of those that a task adds', async () => {
    const done: string[] = [];
    const outbox = new PacedQueue(noFault, ONE);
    outbox.push([...named(done, 'a'), () => outbox.push(named(done, 'd')), ...named(done, 'b')]);
    outbox.push(named(done, 'c'));
    await outbox.drained();
    await outbox.drained();
    // What the second task brings stands behind `c`, which was there before the task had its turn.
    expect(done).toEqual(['a', 'b', 'c', 'd']);
    outbox.push(named(done, 'e'));
    expect(done).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('does not call itself when a task adds another', () => {
    const done: string[] = [];
    const outbox = new PacedQueue(noFault, ENDLESS);
    outbox.push([
      () => {
        outbox.push(named(done, 'second'));
        done.push('first');
      },
    ]);
    expect(done).toEqual(['first', 'second']);
  });

  it('is drained when all its tasks are done', async () => {
    const done: string[] = [];
    const outbox = new PacedQueue(noFault, ONE);
    outbox.push(named(done, 'a', 'b'));
    const drained = outbox.drained().then(() => done.push('drained'));
    outbox.push(named(done, 'c'));
    await drained;
    expect(done.slice(0, 2)).toEqual(['a', 'b']);
    expect(done).toContain('drained');
  });

  it('drops pending tasks, and continues with later ones', async () => {
    const done: string[] = [];
    const outbox = new PacedQueue(noFault, ONE);
    outbox.push(named(done, 'a', 'b', 'c'));
    outbox.clear();
    outbox.push(named(done, 'd'));
    await outbox.drained();
    expect(done).toEqual(['a', 'd']);
  });

  it('reports a fault, and continues with the rest', async () => {
    const done: string[] = [];
    const faults: unknown[] = [];
    const fault = new Error('a fault');
    const outbox = new PacedQueue((thrown) => void faults.push(thrown), ENDLESS);
    outbox.push([
      () => {
        throw fault;
      },
      ...named(done, 'b'),
    ]);
    expect(faults).toEqual([fault]);
    await outbox.drained();
    expect(done).toEqual(['b']);
  });

  describe('with something to wait for', () => {
    /** A promise, and what settles it. */
    function gate() {
      const settle: { open?: () => void; fail?: (reason: Error) => void } = {};
      const ready = new Promise<void>((resolve, reject) => {
        settle.open = resolve;
        settle.fail = reject;
      });
      return { ready, open: () => settle.open!(), fail: (reason: Error) => settle.fail!(reason) };
    }

    it('does earlier tasks, and holds later ones until it has arrived', async () => {
      const done: string[] = [];
      const outbox = new PacedQueue(noFault, ENDLESS);
      const { ready, open } = gate();
      outbox.push(named(done, 'a'));
      outbox.after(ready);
      outbox.push(named(done, 'b'));
      await nextTurn();
      outbox.push(named(done, 'c'));
      await nextTurn();
      expect(done).toEqual(['a']);
      open();
      await nextTurn();
      expect(done).toEqual(['a', 'b', 'c']);
    });

    it('waits for one after another', async () => {
      const done: string[] = [];
      const outbox = new PacedQueue(noFault, ONE);
      const [one, two] = [gate(), gate()];
      outbox.after(one.ready);
      outbox.push(named(done, 'a'));
      outbox.after(two.ready);
      outbox.push(named(done, 'b'));
      two.open();
      await nextTurn();
      expect(done).toEqual([]);
      one.open();
      await outbox.drained();
      expect(done).toEqual(['a', 'b']);
    });

    it('drops held tasks if it fails, and reports it', async () => {
      const done: string[] = [];
      const faults: unknown[] = [];
      const outbox = new PacedQueue((thrown) => faults.push(thrown), ENDLESS);
      const { ready, fail } = gate();
      outbox.after(ready);
      outbox.push(named(done, 'a'));
      const full = new Error('disk full');
      fail(full);
      await nextTurn();
      outbox.push(named(done, 'b'));
      expect(faults).toEqual([full]);
      expect(done).toEqual(['b']);
    });

    it('stops waiting once all is dropped, however it ends', async () => {
      const done: string[] = [];
      const outbox = new PacedQueue(noFault, ENDLESS);
      const { ready, fail } = gate();
      outbox.after(ready);
      outbox.push(named(done, 'a'));
      outbox.clear();
      outbox.push(named(done, 'b'));
      fail(new Error('nobody waits for this'));
      await nextTurn();
      expect(done).toEqual(['b']);
    });
  });
});
