import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { CairnError } from '../../protocol/errors.ts';
import { decodeAbort } from '../../protocol/wire/messages/abort.ts';
import { decodeShareKeys, encodeShareKeys } from '../../protocol/schemes/secagg/messages/share-keys.ts';
import { decodeUnmaskShares, encodeUnmaskShares } from '../../protocol/schemes/secagg/messages/unmask-shares.ts';
import { closeAll, type Hall, membership, openHall, SHAPES } from './support/hall.ts';
import { memberHello, Peer } from './support/peer.ts';
import type { Script } from './support/scripted-client.ts';

const peers: Peer[] = [];

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close();
  await closeAll();
});

/** Every way in which bytes are likely to be printed, by any sixteen of them that come one after another. */
function traces(secret: Uint8Array): string[] {
  const found: string[] = [];
  for (let at = 0; at + 16 <= secret.length; at++) {
    const buffer = Buffer.from(secret.subarray(at, at + 16));
    const hex = buffer.toString('hex');
    found.push(hex, hex.match(/../g)!.join(' '), buffer.toString('latin1'), [...buffer].join(','));
    // Base64 of a longer text has these characters in its middle, wherever the sixteen begin.
    found.push(buffer.toString('base64').slice(0, 20), buffer.toString('base64url').slice(0, 20));
  }
  return found;
}

/** Whether a string shows any part of any of these secrets. */
function shows(text: string, secrets: readonly Uint8Array[]): boolean {
  // Lists of numbers are printed in columns.
  const narrow = text.replaceAll(/, */g, ',').replaceAll(/,\n */g, ',');
  return secrets.flatMap(traces).some((trace) => text.includes(trace) || narrow.includes(trace));
}

/** An error with all that anybody could print of it. */
const written = (error: unknown): string => inspect(error, { depth: 20, showHidden: true });

/** What the HTTP API answers, to everything that it can be asked. */
async function answers(hall: Hall): Promise<string> {
  const { modelHash, task } = hall.coordinator.tasks[0]!;
  const paths = [
    '/healthz',
    '/readyz',
    '/metrics',
    '/v1',
    '/v1/tasks',
    `/v1/tasks/${task}`,
    `/v1/tasks/${task}/rounds`,
  ];
  paths.push('/v1/directory', `/v1/models/${modelHash}`, '/v1/models/none', '/nothing');
  const texts = await Promise.all(
    paths.map(async (path) => {
      const response = await fetch(hall.coordinator.url + path);
      return `${inspect([...response.headers])}${Buffer.from(await response.arrayBuffer()).toString('latin1')}`;
    }),
  );
  return texts.join('\n');
}

const sealsBadly: Script = {
  send: (name, bytes) => {
    if (name !== 'shareKeys') return bytes;
    const shares = decodeShareKeys(bytes);
    return encodeShareKeys({ ...shares, sealed: shares.sealed.map((byte) => byte ^ 1) });
  },
};

const revealsFalsely: Script = {
  send: (name, bytes) => {
    if (name !== 'unmaskShares') return bytes;
    const message = decodeUnmaskShares(bytes);
    return encodeUnmaskShares({
      ...message,
      shares: message.shares.map((byte, i) => (i % 34 === 0 ? byte ^ 1 : byte)),
    });
  },
};

const malformed: Script = { send: (name, bytes) => (name === 'unmaskShares' ? bytes.subarray(0, -3) : bytes) };

const floods: Script = {
  send: (name, bytes, client) => {
    if (name === 'maskedInput') for (let i = 0; i < 2000; i++) client.sendUnheard(bytes);
    return bytes;
  },
};

describe('a search for secrets', () => {
  it('finds them wherever they appear, however they are printed', () => {
    const secret = Uint8Array.from({ length: 34 }, (_, i) => (i * 37 + 11) & 255);
    const buffer = Buffer.from(secret);
    for (const text of [buffer.toString('hex'), buffer.toString('base64'), buffer.toString('base64url')]) {
      expect(shows(`x${text}y`, [secret])).toBe(true);
    }
    expect(shows(Buffer.concat([Buffer.alloc(1), buffer, Buffer.alloc(2)]).toString('base64'), [secret])).toBe(true);
    expect(shows(inspect(new CairnError('internal', 'x', { cause: { share: [...secret] } })), [secret])).toBe(true);
    expect(shows(inspect({ buffer }), [secret])).toBe(true);
    expect(shows('nothing of the kind', [secret])).toBe(false);
  });
});

describe('logs at trace level, reports, errors, metrics and HTTP answers', () => {
  it.each<[string, Readonly<Record<number, Script>>, object]>([
    ['rounds in which all goes well', {}, { rounds: 2 }],
    ['a member that seals what does not open', { 2: sealsBadly }, { quorum: 5, attempts: 2 }],
    ['a member that reveals false shares', { 3: revealsFalsely }, { attempts: 2 }],
    ['so many of them that no secret is right', { 3: revealsFalsely, 4: revealsFalsely, 5: revealsFalsely }, {}],
    ['shares that are cut short', { 3: malformed }, {}],
    ['a member that floods', { 6: floods }, { quorum: 5 }],
  ])(
    'show nothing of a seed, a key, a share or a token: %s',
    async (_what, scripts, task) => {
      const open = { name: 'open', model: { tensors: SHAPES }, rounds: 1, cohort: 4 };
      let begin!: () => void;
      const hall = await openHall(
        {},
        {
          begin: new Promise((resolve) => (begin = resolve)),
          config: {
            limits: { roundsOfMessages: 2 },
            tasks: [
              {
                name: 'toy',
                model: { tensors: SHAPES, seed: 1 },
                rounds: 1,
                cohort: 6,
                overSelect: 0,
                retryPause: 0,
                attempts: 1,
                ...task,
              },
              { ...open, adversary: 'curious', unsafeOpenEnrolment: true },
            ],
          },
        },
      );
      const tell: string[] = [];
      const clients = await Promise.all(
        [1, 2, 3, 4, 5, 6].map((member) => hall.join(member, { tasks: ['toy'], ...scripts[member] })),
      );
      const peer = (): Peer => {
        const made = new Peer(hall.coordinator.url);
        peers.push(made);
        return made;
      };
      const { token } = await peer().greetAsGuest(new Uint8Array(), ['open']);
      const lost = peer();
      const other = await lost.greetAsGuest(new Uint8Array(), ['open']);
      lost.cut();
      await peer().greetAsGuest(other.token, ['open']);
      // Who shows a token that is nearly right is a new guest, and who signs with another's seed is refused.
      await peer().greetAsGuest(
        token.map((byte, i) => (i === 15 ? byte ^ 1 : byte)),
        ['open'],
      );
      const impostor = peer();
      await impostor.send(await impostor.hello(memberHello(1, [...membership.identities.values()][1]!)));
      tell.push(decodeAbort(await impostor.next('abort')).message);

      const ended = new Promise<void>((resolve) => {
        const look = setInterval(() => {
          if (['finished', 'failed'].includes(hall.coordinator.tasks[0]!.state)) {
            clearInterval(look);
            resolve();
          }
        }, 5);
      });
      begin();
      await ended;
      tell.push(await answers(hall));
      await hall.coordinator.stop();
      await hall.coordinator.finished.catch((thrown: unknown) => tell.push(written(thrown)));
      tell.push(...hall.lines, JSON.stringify(hall.reports), written(hall.faults), written(hall.coordinator));
      for (const client of clients) tell.push(written(client.events), client.refusals.join());

      const revealed = clients.flatMap(({ sent }) =>
        sent.filter(({ name }) => name === 'unmaskShares').map(({ bytes }) => bytes.subarray(39)),
      );
      const secrets = [
        ...clients.flatMap((client) => client.secrets),
        ...[...membership.identities.values()].map(({ secretKey }) => secretKey.expose()),
        membership.authority.secretKey.expose(),
        ...revealed,
        token,
        other.token,
      ];
      expect(secrets.length).toBeGreaterThan(6 * 4);
      expect(hall.lines.some((line) => line.includes('"level":10'))).toBe(true);
      expect(hall.reports.length).toBeGreaterThan(0);
      expect(shows(tell.join('\n'), secrets)).toBe(false);
    },
    60_000,
  );
});
