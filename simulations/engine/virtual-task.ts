// What a task provides for a simulated round: its members, their directory, and settings.
import {
  generateIdentity,
  type KeyPair,
  type Primitives,
  type RandomSource,
  SIZES,
} from '../../protocol/crypto/index.ts';
import { memberId, type MemberId } from '../../protocol/ids.ts';
import { minModulusBits } from '../../protocol/quantize/index.ts';
import {
  directoryAt,
  type MemberDirectory,
  NO_HASH,
  openDirectory,
  type RoundSettings,
  signDirectory,
} from '../../protocol/wire/index.ts';

/** A directory made up for a simulation, with the identities of all members. */
export interface VirtualMembership {
  readonly authority: KeyPair;
  readonly signed: Uint8Array;
  readonly directory: MemberDirectory;
  readonly identities: ReadonlyMap<MemberId, KeyPair>;
}

/** A simulation has no clock: its directory is read at its first second, and expires at the largest number. */
const ALWAYS = { serial: 1, issued: 0, notAfter: 0xffff_ffff };

/** The members 1 … n. */
export function firstMembers(n: number): MemberId[] {
  return Array.from({ length: n }, (_, i) => memberId(i + 1));
}

/** Makes identities for members 1 … n, and a directory of them signed by a new authority. */
export function virtualMembership(primitives: Primitives, random: RandomSource, n: number): VirtualMembership {
  const authority = generateIdentity(primitives, random);
  const identities = new Map<MemberId, KeyPair>();
  for (let id = 1; id <= n; id++) identities.set(memberId(id), generateIdentity(primitives, random));
  const entries = [...identities].map(([member, { publicKey }]) => ({
    member,
    name: `member-${member}`,
    identityKey: publicKey,
    notAfter: ALWAYS.notAfter,
    tasks: [],
  }));
  const signed = signDirectory(primitives, authority, ALWAYS, entries);
  const directory = directoryAt(openDirectory(primitives, authority.publicKey, signed), ALWAYS.issued);
  return { authority, signed, directory, identities };
}

/** Settings of a simulated round: those not named are small, sound and curious. */
export function virtualSettings(random: RandomSource, named: Partial<RoundSettings> = {}): RoundSettings {
  const maxCohort = named.maxCohort ?? 64;
  const inputBits = named.inputBits ?? 16;
  return {
    suite: 1,
    nonce: random(SIZES.roundNonce),
    task: 'simulation',
    round: 1,
    repeat: 0,
    rebases: 0,
    adversary: 'curious',
    graph: 'complete',
    colludingPpm: 100_000,
    dropoutPpm: 100_000,
    threshold: 0,
    minCohort: 2,
    maxCohort,
    dimension: 16,
    modelHash: NO_HASH,
    directoryHash: NO_HASH,
    modulusBits: Math.max(8, minModulusBits(inputBits, maxCohort)),
    inputBits,
    clip: 1,
    maxExamples: 1000,
    lossBound: 10,
    training: '{}',
    ...named,
  };
}
