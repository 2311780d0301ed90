import { describe, expect, it } from 'vitest';
import { type Attempts, SendQueue } from '../../client/transport/send-queue.ts';

const letter = (n: number): Uint8Array => Uint8Array.of(n);

/** A line that a test answers by hand. */
class Line {
  readonly sent: number[] = [];
  taken = 0;
  readonly #pending: { resolve: (refusal?: Uint8Array) => void; reject: (error: Error) => void }[] = [];

  readonly send = (bytes: Uint8Array): Promise<Uint8Array | undefined> => {
    this.sent.push(bytes[0]!);
    return new Promise((resolve, reject) => this.#pending.push({ resolve, reject }));
  };

  /** One message, of which the coordinator has had as much as the test says. */
  begin(bytes: Uint8Array): Attempts {
    const attempts = (): number => this.taken;
    return {
      get taken() {
        return attempts();
      },
      attempt: () => this.send(bytes),
    };
  }

  async take(refusal?: Uint8Array): Promise<void> {
    this.#pending.shift()!.resolve(refusal);
    await settle();
  }

  async lose(): Promise<void> {
    this.#pending.shift()!.reject(new Error('lost'));
    await settle();
  }
}

/** Lets every promise that can go on do so. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Outbox', () => {
  it('sends nothing before it is opened, then one at a time and in order', async () => {
    const line = new Line();
    const outbox = new SendQueue((bytes) => line.begin(bytes));
    const first = outbox.add(letter(1));
    const second = outbox.add(letter(2));
    await settle();
    expect(line.sent).toEqual([]);
    outbox.open();
    expect(line.sent).toEqual([1]);
    await line.take();
    expect(line.sent).toEqual([1, 2]);
    await line.take(letter(9));
    expect(await first).toBeUndefined();
    expect(await second).toEqual(letter(9));
  });

  it('sends what was not acknowledged again on the next connection, before anything else', async () => {
    const line = new Line();
    const outbox = new SendQueue((bytes) => line.begin(bytes));
    outbox.open();
    const first = outbox.add(letter(1));
    outbox.pause();
    await line.lose();
    void outbox.add(letter(2));
    await settle();
    expect(line.sent).toEqual([1]);
    outbox.open();
    await settle();
    expect(line.sent).toEqual([1, 1]);
    await line.take();
    await first;
    expect(line.sent).toEqual([1, 1, 2]);
  });

  it('sends again where no answer comes over a standing connection, five times in all', async () => {
    const line = new Line();
    const outbox = new SendQueue((bytes) => line.begin(bytes));
    outbox.open();
    const given = outbox.add(letter(1));
    const next = outbox.add(letter(2));
    const up = expect(given).rejects.toMatchObject({ code: 'unreachable' });
    for (let i = 0; i < 5; i++) await line.lose();
    await up;
    expect(line.sent).toEqual([1, 1, 1, 1, 1, 2]);
    await line.take();
    expect(await next).toBeUndefined();
  });

  it('goes on as long as something of a message arrives, however often it is interrupted', async () => {
    const line = new Line();
    const outbox = new SendQueue((bytes) => line.begin(bytes));
    outbox.open();
    const long = outbox.add(letter(1));
    for (let i = 0; i < 20; i++) {
      line.taken = 100 * i;
      await line.lose();
    }
    await line.take();
    expect(await long).toBeUndefined();
    expect(line.sent).toHaveLength(21);
  });

  it('counts attempts for each connection', async () => {
    const line = new Line();
    const outbox = new SendQueue((bytes) => line.begin(bytes));
    outbox.open();
    const kept = outbox.add(letter(1));
    for (let i = 0; i < 4; i++) await line.lose();
    outbox.pause();
    await line.lose();
    outbox.open();
    await settle();
    await line.lose();
    await line.take();
    expect(await kept).toBeUndefined();
    expect(line.sent).toHaveLength(7);
  });

  it('gives up everything when it is closed, and takes nothing more', async () => {
    const outbox = new SendQueue((bytes) => new Line().begin(bytes));
    const waiting = expect(outbox.add(letter(1))).rejects.toMatchObject({ code: 'session-closed' });
    outbox.close();
    await waiting;
    await expect(outbox.add(letter(2))).rejects.toMatchObject({ code: 'session-closed' });
  });
});
