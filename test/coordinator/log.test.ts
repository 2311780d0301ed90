import { Writable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { createLog } from '../../coordinator/index.ts';
import { closeAll, membership, openHall } from './support/hall.ts';
import type { Script } from './support/scripted-client.ts';

afterEach(closeAll);

function captured(level: 'trace' | 'info' | 'silent' = 'trace'): {
  lines: string[];
  log: ReturnType<typeof createLog>;
} {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  return { lines, log: createLog(level, stream) };
}

/** Every way in which bytes are likely to be printed. */
const printed = (bytes: Uint8Array): string[] => {
  const buffer = Buffer.from(bytes);
  return [
    buffer.toString('hex'),
    buffer.toString('base64').replace(/=+$/, ''),
    buffer.toString('base64url'),
    [...bytes].join(','),
    [...bytes].join(', '),
    JSON.stringify(Object.fromEntries(bytes.entries())),
  ];
};

const FIELDS = ['level', 'time', 'event', 'task', 'round', 'attempt', 'member', 'members', 'state', 'code', 'effect'];
const MORE_FIELDS = ['name', 'size', 'ms', 'host', 'port', 'masks', 'workers', 'attempts', 'hours'];

describe('the logs of whole rounds at trace level', () => {
  it('hold no secret, no key, no message and no coordinate', async () => {
    const garbage: Script = {
      send: (name, bytes, client) => {
        if (name === 'shareKeys') void client.sendRaw(Uint8Array.of(1, 9, 3, ...bytes.subarray(3)));
        return bytes;
      },
    };
    const forger: Script = {
      send: (name, bytes) => (name === 'maskedInput' ? bytes.subarray(0, bytes.length - 1) : bytes),
    };
    const hall = await openHall({ cohort: 6, rounds: 2 });
    const scripts: Record<number, Script> = { 2: garbage, 3: forger };
    const clients = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((member) => hall.join(member, { update: 0.123_456_7, examples: 77, ...scripts[member] })),
    );
    await hall.coordinator.finished;
    await hall.coordinator.stop();

    // The log did see these rounds…
    const text = hall.lines.join('');
    for (const event of ['message-taken', 'round-state', 'round-committed', 'member-dropped', 'message-refused']) {
      expect(text).toContain(`"event":"${event}"`);
    }
    // … and the secrets that are looked for are those of these rounds.
    const secrets = [
      ...clients.flatMap((client) => client.secrets),
      ...[...membership.identities.values()].map(({ secretKey }) => secretKey.expose()),
      membership.authority.secretKey.expose(),
    ];
    expect(secrets.length).toBeGreaterThan(6 * 2 * 4);
    for (const secret of secrets) {
      // Any 16 bytes of one would be too many.
      for (const form of printed(secret.subarray(0, 16))) expect(text).not.toContain(form);
    }
    for (const { bytes } of clients.flatMap((client) => client.sent)) {
      for (const form of printed(bytes.subarray(bytes.length - 16))) expect(text).not.toContain(form);
    }
    for (const values of Object.values(hall.coordinator.model('toy')!)) {
      for (const value of values) expect(text).not.toContain(value.toFixed(4));
    }
    expect(text).not.toContain('0.1234');
  }, 60_000);

  it('consist of ids, names, counts, codes, states and milliseconds', async () => {
    const hall = await openHall();
    await Promise.all([1, 2, 3, 4].map((member) => hall.join(member)));
    await hall.coordinator.finished;
    expect(hall.lines.length).toBeGreaterThan(20);
    for (const line of hall.lines) {
      const entry = JSON.parse(line) as Record<string, unknown>;
      for (const [name, value] of Object.entries(entry)) {
        expect([...FIELDS, ...MORE_FIELDS]).toContain(name);
        expect(['string', 'number']).toContain(typeof value);
        if (typeof value === 'string') expect(value).toMatch(/^[A-Za-z0-9.:_-]{1,64}$/);
      }
    }
  });
});

describe('a log', () => {
  it('leaves out what no entry may contain, even if the types allow it', () => {
    const { lines, log } = captured();
    const sneaked = { secretKey: 'abc', bytes: Uint8Array.of(1, 2), member: 3, task: { token: 'x' }, code: [1] };
    log.info('member-joined', sneaked as never);
    expect(JSON.parse(lines[0]!)).toEqual({
      level: 30,
      time: expect.any(String) as string,
      member: 3,
      event: 'member-joined',
    });
  });

  it('cuts long texts', () => {
    const { lines, log } = captured();
    log.info('listening', { host: 'x'.repeat(1000) });
    expect((JSON.parse(lines[0]!) as { host: string }).host).toHaveLength(128);
  });

  it('respects its level', () => {
    const { lines, log } = captured('info');
    log.debug('round-state');
    log.trace('message-taken');
    log.warn('round-abandoned', { code: 'below-threshold' });
    expect(lines).toHaveLength(1);
    const silent = captured('silent');
    silent.log.error('fault');
    expect(silent.lines).toEqual([]);
  });
});
