import { describe, expect, it } from 'vitest';
import { SendQueue } from '../../client/transport/send-queue.ts';
import { Upload } from '../../client/transport/upload.ts';
import type { Transport } from '../../client/transport/transport.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { startMessage } from '../../protocol/wire/header.ts';
import { encodeAbort } from '../../protocol/wire/messages/abort.ts';
import { decodePart, type Part, PART_LENGTH } from '../../protocol/wire/messages/part.ts';
import { encodeResume } from '../../protocol/wire/messages/resume.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';

const HEADER = { suite: 2, context: new Uint8Array(32).fill(3) } as const;
const FIRST_LENGTH = 35;

const messageOf = (length: number): Uint8Array =>
  startMessage('maskedInput', HEADER, length)
    .raw(Uint8Array.from({ length: length - FIRST_LENGTH }, (_, i) => (i * 7 + (i >> 8)) & 0xff))
    .finish();

/** One attempt, the first. */
const upload = (send: Transport['send'], message: Uint8Array): Promise<Uint8Array | undefined> =>
  new Upload(send, message, systemRandom).attempt();

const resume = (offset: number, context: Uint8Array = HEADER.context): Uint8Array =>
  encodeResume({ suite: 2, context, offset });

const abort = (code: ErrorCode): Uint8Array => encodeAbort(HEADER, { code, message: 'no' });

interface Sent {
  readonly bytes: Uint8Array;
  readonly patience: 'patient' | undefined;
  readonly take: (refusal?: Uint8Array) => Promise<void>;
  readonly lose: () => Promise<void>;
}

/** Lets every promise that can go on do so. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A line whose answers a test gives by hand. */
class Line {
  readonly sent: Sent[] = [];

  readonly send = (bytes: Uint8Array, patience?: 'patient'): Promise<Uint8Array | undefined> =>
    new Promise((resolve, reject) => {
      this.sent.push({
        bytes,
        patience,
        take: async (refusal) => {
          resolve(refusal);
          await settle();
        },
        lose: async () => {
          reject(new Error('lost'));
          await settle();
        },
      });
    });

  part(at: number): Part {
    return decodePart(this.sent[at]!.bytes);
  }
}

describe('upload', () => {
  it.each([FIRST_LENGTH, PART_LENGTH - 1, PART_LENGTH])('sends a message of %i bytes as it is', async (length) => {
    const line = new Line();
    const message = messageOf(length);
    const done = upload(line.send, message);
    expect(line.sent).toHaveLength(1);
    expect(line.sent[0]!.bytes).toBe(message);
    expect(line.sent[0]!.patience).toBeUndefined();
    await line.sent[0]!.take(abort('wrong-state'));
    expect(await done).toEqual(abort('wrong-state'));
  });

  it.each([
    [PART_LENGTH + 1, [FIRST_LENGTH, PART_LENGTH + 1 - FIRST_LENGTH]],
    [FIRST_LENGTH + PART_LENGTH - 1, [FIRST_LENGTH, PART_LENGTH - 1]],
    [FIRST_LENGTH + PART_LENGTH, [FIRST_LENGTH, PART_LENGTH]],
    [FIRST_LENGTH + PART_LENGTH + 1, [FIRST_LENGTH, PART_LENGTH, 1]],
    [FIRST_LENGTH + 2 * PART_LENGTH, [FIRST_LENGTH, PART_LENGTH, PART_LENGTH]],
  ])('cuts a message of %i bytes', async (length, lengths) => {
    const line = new Line();
    const message = messageOf(length);
    const done = upload(line.send, message);
    for (let i = 0; i < lengths.length; i++) await line.sent[i]!.take();
    expect(await done).toBeUndefined();
    const parts = line.sent.map((_, i) => line.part(i));
    expect(parts.map(({ bytes }) => bytes.length)).toEqual(lengths);
    expect(parts.every(({ suite, total }) => suite === 2 && total === length)).toBe(true);
    expect(Buffer.compare(Buffer.concat(parts.map(({ bytes }) => bytes)), message)).toBe(0);
  });

  it('sends nothing behind the first part before it is acknowledged, however long that takes', async () => {
    const line = new Line();
    void upload(line.send, messageOf(10 * PART_LENGTH));
    await settle();
    expect(line.sent.map(({ patience }) => patience)).toEqual(['patient']);
    await line.sent[0]!.take();
    expect(line.sent.slice(1).every(({ patience }) => patience === undefined)).toBe(true);
  });

  it('has four parts on their way, and sends the next with each acknowledgement', async () => {
    const line = new Line();
    const done = upload(line.send, messageOf(FIRST_LENGTH + 9 * PART_LENGTH));
    await line.sent[0]!.take();
    for (let taken = 0; taken < 9; taken++) {
      expect(line.sent).toHaveLength(Math.min(1 + taken + 4, 10));
      await line.sent[1 + taken]!.take();
    }
    expect(await done).toBeUndefined();
  });

  it.each([0, 1, 3, 6])('ends with the refusal of part %i, and sends no more', async (refused) => {
    const line = new Line();
    const done = upload(line.send, messageOf(FIRST_LENGTH + 6 * PART_LENGTH));
    for (let i = 0; i < refused; i++) await line.sent[i]!.take();
    await line.sent[refused]!.take(abort('wire-bounds'));
    const { length } = line.sent;
    for (const { take } of line.sent.slice(refused + 1)) await take(abort('upload-interrupted'));
    expect(await done).toEqual(abort('wire-bounds'));
    expect(line.sent).toHaveLength(length);
  });

  it('fails with a part that is lost, and leaves no other failure unheard', async () => {
    const line = new Line();
    const done = expect(upload(line.send, messageOf(FIRST_LENGTH + 6 * PART_LENGTH))).rejects.toThrow('lost');
    await line.sent[0]!.take();
    for (const { lose } of line.sent.slice(1)) await lose();
    await done;
  });
});

describe('an upload that was interrupted', () => {
  const [secondAt, thirdAt] = [FIRST_LENGTH, FIRST_LENGTH + PART_LENGTH];
  const message = messageOf(FIRST_LENGTH + 6 * PART_LENGTH);

  /** An upload of which two parts were acknowledged, and four more were lost with the connection. */
  async function interrupted() {
    const line = new Line();
    const long = new Upload(line.send, message, systemRandom);
    const lost = expect(long.attempt()).rejects.toThrow('lost');
    for (const at of [0, 1, 2]) await line.sent[at]!.take();
    for (const { lose } of line.sent.slice(3)) await lose();
    await lost;
    const { length } = line.sent;
    return { line, long, length };
  }

  it('goes on where the coordinator says, under the same id, and sends nothing twice that it has', async () => {
    const { line, long, length } = await interrupted();
    expect(long.taken).toBe(thirdAt + PART_LENGTH);
    const done = long.attempt();
    await line.sent[length]!.take(resume(thirdAt + 3 * PART_LENGTH));
    expect(long.taken).toBe(thirdAt + 3 * PART_LENGTH);
    for (let at = length + 1; at < line.sent.length; at++) await line.sent[at]!.take();
    expect(await done).toBeUndefined();
    const again = line.sent.slice(length).map((_, i) => line.part(length + i).offset);
    expect(again).toEqual([0, thirdAt + 3 * PART_LENGTH, thirdAt + 4 * PART_LENGTH]);
    expect(new Set(line.sent.map((_, i) => Buffer.from(line.part(i).id).toString('hex'))).size).toBe(1);
  });

  it('begins again where the coordinator has nothing of it', async () => {
    const { line, long, length } = await interrupted();
    const done = long.attempt();
    await line.sent[length]!.take();
    expect(line.part(length + 1).offset).toBe(secondAt);
    for (let at = length + 1; at < line.sent.length; at++) await line.sent[at]!.take();
    expect(await done).toBeUndefined();
    expect(line.sent).toHaveLength(length + 7);
  });

  it.each([
    ['what is behind its end', resume(FIRST_LENGTH + 6 * PART_LENGTH)],
    ['another context', resume(thirdAt, new Uint8Array(32))],
    ['no offset of a part', Uint8Array.of(...resume(thirdAt).subarray(0, FIRST_LENGTH), 1, 0, 4, 0)],
  ])('does not believe a coordinator that goes on with %s', async (_, answer) => {
    const { line, long, length } = await interrupted();
    const done = expect(long.attempt()).rejects.toThrow();
    await line.sent[length]!.take(answer);
    await done;
    expect(line.sent).toHaveLength(length + 1);
  });

  it('does not believe a coordinator that has more of it than was ever sent', async () => {
    const line = new Line();
    const done = expect(upload(line.send, message)).rejects.toThrow('not sent');
    await line.sent[0]!.take(resume(thirdAt));
    await done;
  });

  it('has another id than any other message', async () => {
    const line = new Line();
    void upload(line.send, message);
    void upload(line.send, message);
    await settle();
    expect(line.part(0).id).not.toEqual(line.part(1).id);
  });
});

describe('an upload in the outbox', () => {
  it('goes out again from its first part on a new connection', async () => {
    const line = new Line();
    const outbox = new SendQueue((bytes) => new Upload(line.send, bytes, systemRandom));
    outbox.open();
    const done = outbox.add(messageOf(FIRST_LENGTH + 2 * PART_LENGTH));
    await line.sent[0]!.take();
    await line.sent[1]!.take();
    outbox.pause();
    await line.sent[2]!.lose();
    expect(line.sent).toHaveLength(3);
    outbox.open();
    await settle();
    expect(line.part(3).offset).toBe(0);
    for (let i = 3; i < 6; i++) await line.sent[i]!.take();
    expect(await done).toBeUndefined();
    expect(line.sent).toHaveLength(6);
  });

  it('goes out again when the coordinator has given it up', async () => {
    const line = new Line();
    const outbox = new SendQueue((bytes) => new Upload(line.send, bytes, systemRandom));
    outbox.open();
    const done = outbox.add(messageOf(PART_LENGTH + 1));
    await line.sent[0]!.take();
    await line.sent[1]!.take(abort('upload-interrupted'));
    expect(line.part(2).offset).toBe(0);
    await line.sent[2]!.take();
    await line.sent[3]!.take();
    expect(await done).toBeUndefined();
  });

  it('lets a later message pass only when it is done', async () => {
    const line = new Line();
    const outbox = new SendQueue((bytes) => new Upload(line.send, bytes, systemRandom));
    outbox.open();
    void outbox.add(messageOf(PART_LENGTH + 1));
    void outbox.add(messageOf(100));
    await line.sent[0]!.take();
    expect(line.sent).toHaveLength(2);
    await line.sent[1]!.take();
    expect(line.sent[2]!.bytes).toHaveLength(100);
  });
});
