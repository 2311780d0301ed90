import {
  decodeAbort,
  decodeChallenge,
  decodeHello,
  decodeInvitation,
  decodeOutcome,
  decodePart,
  decodeResume,
  decodeSettings,
  decodeTaskNews,
  decodeWelcome,
  encodeAbort,
  encodeChallenge,
  encodeHello,
  encodeInvitation,
  encodeOutcome,
  encodePart,
  encodeResume,
  encodeSettings,
  encodeTaskNews,
  encodeWelcome,
  type Header,
} from '../../protocol/wire/index.ts';
import {
  decodeAdvertiseKeys,
  decodeConsistency,
  decodeFalseDealing,
  decodeMaskedInput,
  decodeRoster,
  decodeRoutedShares,
  decodeShareKeys,
  decodeSurvivors,
  decodeUnmaskRequest,
  decodeUnmaskShares,
  encodeAdvertiseKeys,
  encodeConsistency,
  encodeFalseDealing,
  encodeMaskedInput,
  encodeRoster,
  encodeRoutedShares,
  encodeShareKeys,
  encodeSurvivors,
  encodeUnmaskRequest,
  encodeUnmaskShares,
  frameFalseDealing,
} from '../../protocol/schemes/secagg/messages/index.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { Hello } from '../../protocol/wire/messages/connect.ts';
import { NO_HASH } from '../../protocol/wire/settings.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import { Lab } from '../../simulations/attacks/open-round/lab.ts';
import { anyShare, committing, resealing, untilUnmasking } from '../../simulations/attacks/open-round/liars.ts';

/** One kind of bytes on the wire: how it is read, and written again from what was read. */
export interface Format {
  readonly name: string;
  readonly decode: (bytes: Uint8Array) => unknown;
  /** Writes what {@link decode} has read. */
  readonly encode: (value: unknown) => Uint8Array;
  /** Reads bytes and writes what was read. */
  readonly again: (bytes: Uint8Array) => Uint8Array;
  /** Real messages of this kind. */
  readonly samples: readonly Uint8Array[];
}

function format<T>(
  name: string,
  decode: (bytes: Uint8Array) => T,
  encode: (value: T) => Uint8Array,
  ...samples: readonly Uint8Array[]
): Format {
  return { name, decode, encode: (value) => encode(value as T), again: (bytes) => encode(decode(bytes)), samples };
}

/** Proofs of real rounds of six: one member commits falsely, and another round's shares a false key and drops. */
export function falseDealings(header: Header): Uint8Array[] {
  const settings = { colludingPpm: 200_000, threshold: 4 };
  const first = new Lab({ seed: 'false dealing', n: 6, adversary: 'active', settings });
  first.client(2, 'share-keys');
  first.up(committing(first, memberId(2), (commitment) => commitment.map((byte) => byte ^ 1))).run();
  const second = new Lab({ seed: 'false key', n: 6, adversary: 'active', settings });
  const reseal = resealing(second, memberId(2));
  second.client(2, 'share-keys');
  second.up(reseal('key', () => anyShare(second.random)));
  untilUnmasking(second, [2]).run();
  return [first, second].flatMap((lab) => lab.aborted!.proofs.map((proof) => frameFalseDealing(header, proof)));
}

/** Fields of news of a task, but for its state and what follows from it. */
const someNews = (modelHash: Uint8Array) =>
  ({ task: 'mnist', round: 3, rounds: 10, seated: 2, needed: 3, modelHash }) as const;

/** Messages of a connection, from its challenge to news, that no state of a round takes. */
export function connectionMessages(header: Header, who: Hello['who'], member: MemberId) {
  return {
    challenge: encodeChallenge(header),
    hello: encodeHello({ ...header, who, tasks: [] }),
    welcome: encodeWelcome({ ...header, member, token: new Uint8Array(16) }),
    part: encodePart({
      ...header,
      total: 300_000,
      offset: 262_179,
      id: new Uint8Array(16),
      bytes: new Uint8Array(37_821),
    }),
    resume: encodeResume({ ...header, offset: 262_179 }),
    taskNews: encodeTaskNews({ ...header, ...someNews(NO_HASH), state: 'running', code: '', message: '' }),
  };
}

/** Every message type and the settings, with real messages of whole rounds: complete and ring, curious and active. */
export function wireFormats(): readonly Format[] {
  const active = new Lab({ seed: 'wire', n: 3, adversary: 'active', settings: { modulusBits: 27 } }).run();
  const curious = new Lab({ seed: 'wire', n: 3 }).run();
  const ring = new Lab({
    seed: 'wire',
    n: 64,
    settings: { graph: 'ring', colludingPpm: 50_000, dropoutPpm: 50_000, dimension: 1 },
  }).run();
  const of = (name: Parameters<Lab['message']>[0]): [Uint8Array, Uint8Array] => [
    active.message(name, 2),
    curious.message(name, 2),
  ];
  const context = curious.server.context.settingsHash;
  const header = { suite: 1, context } as const;
  const id = context.slice(0, 16);
  const signature = active.message('consistency', 1).slice(-64);
  const news = someNews(context);
  return [
    format('settings', decodeSettings, encodeSettings, encodeSettings(active.settings)),
    format('invitation', decodeInvitation, encodeInvitation, ...of('invitation')),
    format('advertiseKeys', decodeAdvertiseKeys, encodeAdvertiseKeys, ...of('advertiseKeys')),
    format('roster', decodeRoster, encodeRoster, ...of('roster'), ring.message('roster', 5)),
    format('shareKeys', decodeShareKeys, encodeShareKeys, ...of('shareKeys')),
    format('routedShares', decodeRoutedShares, encodeRoutedShares, ...of('routedShares')),
    format('maskedInput', decodeMaskedInput, encodeMaskedInput, ...of('maskedInput')),
    format('survivors', decodeSurvivors, encodeSurvivors, active.message('survivors', 1)),
    format('consistency', decodeConsistency, encodeConsistency, active.message('consistency', 1)),
    format('unmaskRequest', decodeUnmaskRequest, encodeUnmaskRequest, ...of('unmaskRequest')),
    format('unmaskShares', decodeUnmaskShares, encodeUnmaskShares, ...of('unmaskShares')),
    format('falseDealing', decodeFalseDealing, encodeFalseDealing, ...falseDealings(header)),
    format(
      'outcome',
      decodeOutcome,
      encodeOutcome,
      encodeOutcome({ ...header, kind: 'committed', included: true, modelHash: context }),
      encodeOutcome({ ...header, kind: 'abandoned', code: 'below-threshold', message: 'zu wenige – 少なすぎ' }),
    ),
    format(
      'abort',
      decodeAbort,
      (abort) => encodeAbort(abort, { code: abort.code as ErrorCode, message: abort.message }, abort.culprits),
      encodeAbort(header, { code: 'cohort-full', message: 'full – später' }),
      encodeAbort(header, { code: 'share-undecryptable', message: 'no' }, [7, 0x0102_0304]),
    ),
    format('challenge', decodeChallenge, encodeChallenge, encodeChallenge(header)),
    format(
      'hello',
      decodeHello,
      encodeHello,
      encodeHello({
        ...header,
        who: { kind: 'member', member: memberId(7), address: 'https://example.org/ü/', signature },
        tasks: ['mnist', 'ü'],
      }),
      encodeHello({ ...header, who: { kind: 'guest', name: 'Grüße', token: context.slice(0, 16) }, tasks: [] }),
    ),
    format(
      'welcome',
      decodeWelcome,
      encodeWelcome,
      encodeWelcome({ ...header, member: memberId(0xffff_ffff), token: context.slice(0, 16) }),
      encodeWelcome({ ...header, member: memberId(0), token: new Uint8Array(0) }),
    ),
    format(
      'part',
      decodePart,
      encodePart,
      encodePart({
        ...header,
        id,
        total: 300_000,
        offset: 0,
        bytes: curious.message('advertiseKeys', 1).subarray(0, 35),
      }),
      encodePart({ ...header, id, total: 35 + 262_144 + 7, offset: 35 + 262_144, bytes: context.slice(0, 7) }),
    ),
    format(
      'resume',
      decodeResume,
      encodeResume,
      encodeResume({ ...header, offset: 35 + 262_144 }),
      encodeResume({ ...header, offset: 35 + 4095 * 262_144 }),
    ),
    format(
      'taskNews',
      decodeTaskNews,
      encodeTaskNews,
      encodeTaskNews({ ...header, ...news, state: 'waiting', code: '', message: '' }),
      encodeTaskNews({
        ...header,
        ...news,
        state: 'failed',
        code: 'not-enough-clients',
        message: 'zu wenige – 少なすぎ',
      }),
    ),
  ];
}
