import { readInvitation } from '../../../protocol/wire/messages/invitation.ts';
import { receiveMessage } from '../../../protocol/wire/header.ts';
import { decodeSum, encodeUpdate, type LocalResult, vectorLength } from '../../../protocol/quantize/index.ts';
import {
  type ClientState,
  type ClientStep,
  pairMaskKey,
  rosterLeaf,
  seedCommitment,
  selfMaskKey,
  type ServerInput,
  type ServerState,
  type SessionParameters,
  startClient,
  startServer,
  stepClient,
  stepServer,
  survivorBytes,
  computePlan,
} from '../../../protocol/schemes/secagg/index.ts';
import { inputRecord, modelPoint, roundingSource, termsOf } from '../../../protocol/rounds/index.ts';
import { concatBytes, toHex } from '../../../protocol/crypto/bytes.ts';
import { ChaChaStream } from '../../../protocol/crypto/chacha.ts';
import { generateIdentity, type KeyPair } from '../../../protocol/crypto/keys.ts';
import { MerkleTree } from '../../../protocol/crypto/merkle.ts';
import type { Primitives } from '../../../protocol/crypto/primitives.ts';
import type { RandomSource } from '../../../protocol/crypto/random.ts';
import { sealKey } from '../../../protocol/crypto/seal.ts';
import { SecretBytes } from '../../../protocol/crypto/secret.ts';
import { unsafeSeededRandom } from '../../../protocol/crypto/seeded.ts';
import { SIZES, SUITES } from '../../../protocol/crypto/suite.ts';
import { type MemberId, memberId } from '../../../protocol/ids.ts';
import { createMaskVector, type MaskVector } from '../../../protocol/kernels/index.ts';
import { ParameterLayout } from '../../../protocol/model/layout.ts';
import { encodeSafetensors } from '../../../protocol/model/safetensors.ts';
import {
  directoryAt,
  encodeChallenge,
  encodeHello,
  encodeOutcome,
  encodeSettings,
  encodeTaskNews,
  encodeWelcome,
  hasBit,
  helloTranscript,
  type MemberDirectory,
  messageName,
  openDirectory,
  type RoundSettings,
  settingsHash,
  signDirectory,
} from '../../../protocol/wire/index.ts';
import { type Advertisement } from '../../../protocol/schemes/secagg/messages/index.ts';
import type { Transcript, TranscriptMember, TranscriptMessage, TranscriptPair } from './transcript.ts';

/** The coordinator's address, as members know it. */
const ADDRESS = 'https://example.org/cairn/';

/** A directory of the year 2026, and how each of the four is enrolled in it. */
const DATES = { serial: 2, issued: 1_767_225_600, notAfter: 1_798_761_599 };
const ENROLMENTS = [
  { notAfter: 1_798_761_599, tasks: [] },
  { notAfter: 1_790_000_000, tasks: ['worked-example'] },
  { notAfter: 0xffff_ffff, tasks: [] },
  { notAfter: 1_798_761_599, tasks: ['another', 'worked-example'] },
];

/** What the four members know; the third one is lost before it sends its masked input. */
const CAST: readonly (LocalResult & { readonly member: number; readonly name: string; readonly lost?: true })[] = [
  { member: 3, name: 'north', update: Float32Array.of(0.25, 12, -0.5), examples: 40, loss: 2.25, accuracy: 0.5 },
  { member: 7, name: 'east', update: Float32Array.of(1.5, -40, -2), examples: 100, loss: 1.5, accuracy: 0.75 },
  {
    member: 12,
    name: 'south',
    update: Float32Array.of(0.125, 0, 0.125),
    examples: 10,
    loss: 3,
    accuracy: 0.25,
    lost: true,
  },
  {
    member: 40,
    name: 'west',
    update: Float32Array.of(-0.0625, -3, 0.375),
    examples: 64,
    loss: -0.875,
    accuracy: 0.875,
  },
];
const SHAPES = { bias: [1], moment: [1], weight: [1] };
const START = { bias: Float32Array.of(0.5), moment: Float32Array.of(3), weight: Float32Array.of(-1) };

/** The moment is not trained. */
const UNTRAINED = [{ from: 1, length: 1, bound: 16 }];

const ABOUT =
  'One active round of four members on the complete graph with suite 1, of whom member 12 is lost before its masked input. Written by test/interop; bytes are lower-case hex.';

const source = (byte: number): RandomSource => unsafeSeededRandom(new Uint8Array(32).fill(byte));

const NOTHING_SENT = { inputRecord: new Uint8Array(), roundingKey: new Uint8Array(), roundingWords: [] };

/** What a member's session gave away to the recorder, copied before it was wiped. */
interface Seen {
  cipherSecret: Uint8Array;
  cipherKey: Uint8Array;
  maskSecret: Uint8Array;
  maskKey: Uint8Array;
  selfSeed: Uint8Array;
  advertisement: Advertisement;
  facts: SessionParameters;
  readonly held: Map<number, Uint8Array>;
  /** Both empty for the member that is lost. */
  values: readonly number[];
  inputRecord: Uint8Array;
  roundingKey: Uint8Array;
  roundingWords: readonly number[];
}

/** Drives the real sessions through the worked round, and writes down all there is to know. */
export function recordTranscript(primitives: Primitives): Transcript {
  return new Recorder(primitives).run();
}

class Recorder {
  readonly #primitives: Primitives;
  readonly #messages: TranscriptMessage[] = [];
  readonly #queue: (() => void)[] = [];
  readonly #clients = new Map<MemberId, ClientState>();
  readonly #identities = new Map<MemberId, KeyPair>();
  readonly #randoms = new Map<MemberId, RandomSource>();
  readonly #seen = new Map<
    MemberId,
    Partial<Seen> & Pick<Seen, 'held' | 'values' | 'inputRecord' | 'roundingKey' | 'roundingWords'>
  >();
  #server: ServerState | undefined;
  #sum: Uint32Array | undefined;
  #masked: readonly number[] = [];
  #rebuilt: Transcript['rebuilt'] = [];
  #survivors: Uint8Array = new Uint8Array();

  constructor(primitives: Primitives) {
    this.#primitives = primitives;
    for (const { member } of CAST) {
      const id = memberId(member);
      const random = source(member);
      this.#randoms.set(id, random);
      this.#identities.set(id, generateIdentity(primitives, random));
      this.#seen.set(id, { held: new Map(), values: [], ...NOTHING_SENT });
    }
  }

  run(): Transcript {
    const primitives = this.#primitives;
    const authority = generateIdentity(primitives, source(0xaa));
    const entries = CAST.map(({ member, name }, i) => ({
      member: memberId(member),
      name,
      identityKey: this.#identities.get(memberId(member))!.publicKey,
      ...ENROLMENTS[i]!,
    }));
    const signed = signDirectory(primitives, authority, DATES, entries);
    const directory = directoryAt(openDirectory(primitives, authority.publicKey, signed), DATES.issued);
    const model = encodeSafetensors(START, SHAPES);
    const coordinator = source(0xcc);
    const settings: RoundSettings = {
      suite: 1,
      nonce: coordinator(SIZES.roundNonce),
      task: 'worked-example',
      round: 1,
      repeat: 0,
      rebases: 0,
      adversary: 'active',
      graph: 'complete',
      colludingPpm: 100_000,
      dropoutPpm: 250_000,
      threshold: 0,
      minCohort: 3,
      maxCohort: 4,
      dimension: new ParameterLayout(SHAPES).size,
      modelHash: primitives.sha256(model),
      directoryHash: directory.hash,
      modulusBits: 18,
      inputBits: 16,
      clip: 1,
      maxExamples: 64,
      lossBound: 10,
      untrained: UNTRAINED,
      training: '{"epochs":1}',
    };
    this.#connect(coordinator, settings);
    this.#round(settings, directory);
    const aggregate = decodeSum(settings, this.#sum!, CAST.length - 1);
    const next = new ParameterLayout(SHAPES);
    const flat = next.flatten(START).map((value, j) => value + aggregate.update[j]!);
    const newModel = encodeSafetensors(next.unflatten(flat), SHAPES);
    const newHash = primitives.sha256(newModel);
    const hash = settingsHash(primitives, encodeSettings(settings));
    for (const { member, lost } of CAST) {
      const included = lost !== true;
      const bytes = encodeOutcome({ suite: 1, context: hash, kind: 'committed', included, modelHash: newHash });
      // The session of the lost member is closed; it gets the news, and refuses it as `session-closed`.
      if (included) this.#down(memberId(member), bytes);
      else this.#note('coordinator', member, bytes);
    }
    this.#deliver();
    const { facts } = this.#first();
    const leaves = this.#advertisements().map((advertisement) => rosterLeaf(primitives, advertisement));
    return {
      about: ABOUT,
      authority: { seed: toHex(authority.secretKey.expose()), publicKey: toHex(authority.publicKey) },
      directory: { ...DATES, bytes: toHex(signed), hash: toHex(directory.hash) },
      model: {
        bytes: toHex(model),
        hash: toHex(settings.modelHash),
        point: toHex(this.#point()),
        newBytes: toHex(newModel),
        newHash: toHex(newHash),
      },
      settings: {
        fields: fieldsOf(settings),
        bytes: toHex(encodeSettings(settings)),
        hash: toHex(hash),
        terms: toHex(termsOf(primitives, settings)),
      },
      members: CAST.map((_, index) => this.#member(settings, index)),
      messages: this.#messages,
      session: {
        leaves: leaves.map(toHex),
        root: toHex(new MerkleTree(primitives, leaves).root),
        sessionId: toHex(facts.sessionId),
        degree: facts.parameters.degree,
        threshold: facts.parameters.threshold,
        witnesses: facts.parameters.witnesses,
        quorum: facts.parameters.quorum,
      },
      pairs: this.#pairs(settings),
      shares: this.#shares(),
      consistency: {
        survivors: toHex(this.#survivors),
        signedBytes: toHex(survivorBytes(primitives, facts.sessionId, this.#survivors)),
      },
      rebuilt: this.#rebuilt,
      sum: {
        masked: this.#masked,
        opened: [...this.#sum!],
        update: [...aggregate.update],
        examples: aggregate.examples,
        loss: aggregate.loss,
        accuracy: aggregate.accuracy,
      },
    };
  }

  /** The first member's connection: challenge, Hello, Welcome and the news of its task. The others' look alike. */
  #connect(random: RandomSource, { task, minCohort, modelHash }: RoundSettings): void {
    const { member } = CAST[0]!;
    const id = memberId(member);
    const challenge = random(SIZES.challenge);
    const tasks = [task];
    const signed = helloTranscript(this.#primitives, { challenge, address: ADDRESS, member, tasks });
    const signature = this.#primitives.ed25519Sign(this.#identities.get(id)!.secretKey.expose(), signed);
    const header = { suite: 1, context: challenge } as const;
    this.#note('coordinator', member, encodeChallenge(header));
    this.#note(
      member,
      'coordinator',
      encodeHello({ ...header, who: { kind: 'member', member: id, address: ADDRESS, signature }, tasks }),
    );
    this.#note('coordinator', member, encodeWelcome({ ...header, member: id, token: new Uint8Array() }));
    const counts = { round: 0, rounds: 1, seated: 1, needed: minCohort };
    this.#note(
      'coordinator',
      member,
      encodeTaskNews({ ...header, task, state: 'waiting', ...counts, modelHash, code: '', message: '' }),
    );
  }

  #round(settings: RoundSettings, directory: MemberDirectory): void {
    const invited = CAST.map(({ member }) => memberId(member));
    const start = startServer({ primitives: this.#primitives, settings, directory, invited, target: CAST.length });
    this.#server = start.state;
    for (const { to, bytes: make } of start.send) {
      const bytes = make();
      this.#note('coordinator', to, bytes);
      this.#queue.push(() => {
        const self = { member: to, identity: this.#identities.get(to)!, directory };
        const random = this.#randoms.get(to)!;
        const policy = { adversary: 'active', colluding: 0.1, minCohort: 3 } as const;
        this.#take(
          to,
          startClient({ primitives: this.#primitives, random, policy, self, invitation: readInvitation(bytes) }),
          settings,
        );
      });
    }
    this.#deliver();
    while (this.#sum === undefined) {
      this.#step({ kind: 'deadline' }, settings);
      this.#deliver();
    }
  }

  #deliver(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) next();
  }

  #note(from: TranscriptMessage['from'], to: TranscriptMessage['to'], bytes: Uint8Array): void {
    this.#messages.push({ from, to, name: messageName(bytes), bytes: toHex(bytes) });
  }

  #down(to: MemberId, bytes: Uint8Array, settings?: RoundSettings): void {
    this.#note('coordinator', to, bytes);
    this.#queue.push(() =>
      this.#take(to, stepClient(this.#clients.get(to)!, { kind: 'message', message: receiveMessage(bytes) }), settings),
    );
  }

  #take(member: MemberId, step: ClientStep, settings?: RoundSettings): void {
    if (step.refusal !== undefined) throw step.refusal;
    this.#look(member, step.state);
    for (const secret of step.wipe) secret.wipe();
    this.#clients.set(member, step.state);
    for (const { bytes } of step.send) {
      this.#note(member, 'coordinator', bytes);
      this.#queue.push(() => this.#step({ kind: 'message', from: member, message: receiveMessage(bytes) }, settings!));
    }
    for (const event of step.events) {
      if (event.kind === 'refused') throw event.error;
      if (event.kind === 'input-wanted') this.#queue.push(() => this.#input(member, settings!));
    }
  }

  #input(member: MemberId, settings: RoundSettings): void {
    const result = CAST.find((one) => one.member === member)!;
    if (result.lost === true) return;
    const seen = this.#seen.get(member)!;
    const primitives = this.#primitives;
    const secret = this.#identities.get(member)!.secretKey;
    const record = inputRecord(primitives, secret, this.#point(), settings.repeat, result);
    const rounding = roundingSource(primitives, secret, record, termsOf(primitives, settings));
    const random: RandomSource = (length) => {
      const key = rounding(length);
      seen.roundingKey = key.slice();
      seen.roundingWords = [...new ChaChaStream(key, 12).words(vectorLength(settings))];
      return key;
    };
    seen.inputRecord = record;
    const { values } = encodeUpdate(settings, result, random);
    seen.values = [...values];
    this.#take(member, stepClient(this.#clients.get(member)!, { kind: 'input', values }), settings);
  }

  /** What the round's model is known by. */
  #point(): Uint8Array {
    return modelPoint(this.#primitives, new ParameterLayout(SHAPES).flatten(START));
  }

  #look(member: MemberId, state: ClientState): void {
    const seen = this.#seen.get(member)!;
    if (state.name === 'advertise-keys') {
      seen.cipherSecret = state.cipher.secretKey.expose().slice();
      seen.cipherKey = state.cipher.publicKey;
      seen.maskSecret = state.mask.secretKey.expose().slice();
      seen.maskKey = state.mask.publicKey;
      seen.advertisement = state.advertisement;
    } else if (state.name === 'share-keys') {
      seen.selfSeed = state.selfSeed.expose().slice();
      seen.facts = state.facts;
    } else if (state.name === 'masked-input') {
      for (const [owner, pair] of state.held) seen.held.set(owner, pair.expose().slice());
    }
  }

  #step(input: ServerInput, settings: RoundSettings): void {
    const step = stepServer(this.#server!, input);
    if (step.refusal !== undefined) throw step.refusal;
    this.#server = step.state;
    for (const { to, bytes } of step.send) this.#down(to, bytes(), settings);
    for (const event of step.events) {
      if (event.kind === 'aborted') throw event.error;
      if (event.kind === 'committed') this.#sum = event.sum;
      if (event.kind === 'unmask-plan' && step.state.name === 'computing') {
        this.#masked = [...step.state.sum.toValues(settings.modulusBits)];
        this.#survivors = step.state.survivors.slice();
        this.#rebuilt = this.#rebuiltFrom(step.state);
        const correction = computePlan(event.plan, this.#primitives);
        this.#queue.push(() => this.#step({ kind: 'unmasked', correction }, settings));
      }
    }
    for (const secret of step.wipe) secret.wipe();
  }

  /** What the plan opens: its holders are the lowest t survivors, all of whom answered. */
  #rebuiltFrom({ facts, survivors, sharers }: Extract<ServerState, { name: 'computing' }>): Transcript['rebuilt'] {
    const holders = [...sharers].filter((index) => hasBit(survivors, index)).slice(0, facts.parameters.threshold);
    return [...sharers].map((owner) => {
      const { selfSeed, maskSecret } = this.#seen.get(facts.roster[owner]!.member)!;
      return hasBit(survivors, owner)
        ? { owner, kind: 'selfSeed', holders, secret: toHex(selfSeed!) }
        : { owner, kind: 'maskSecret', holders, secret: toHex(maskSecret!) };
    });
  }

  #first(): Seen {
    return this.#seen.get(memberId(CAST[0]!.member)) as Seen;
  }

  #at(index: number): Seen {
    return this.#seen.get(memberId(CAST[index]!.member)) as Seen;
  }

  #advertisements(): Advertisement[] {
    return CAST.map((_, index) => this.#at(index).advertisement);
  }

  #words(settings: RoundSettings, key: SecretBytes): number[] {
    const vector: MaskVector = createMaskVector(vectorLength(settings));
    vector.addMask(key.expose(), 1, SUITES[settings.suite].maskRounds);
    return [...vector.toValues(32)];
  }

  #member(settings: RoundSettings, index: number): TranscriptMember {
    const { member, name, update, examples, loss, accuracy } = CAST[index]!;
    const identity = this.#identities.get(memberId(member))!;
    const seen = this.#at(index);
    const { sessionId } = this.#first().facts;
    const key = selfMaskKey(this.#primitives, new SecretBytes(seen.selfSeed), sessionId, index);
    return {
      index,
      member,
      name,
      ...ENROLMENTS[index]!,
      randomKey: toHex(new Uint8Array(32).fill(member)),
      identitySeed: toHex(identity.secretKey.expose()),
      identityKey: toHex(identity.publicKey),
      cipherSecret: toHex(seen.cipherSecret),
      cipherKey: toHex(seen.cipherKey),
      maskSecret: toHex(seen.maskSecret),
      maskKey: toHex(seen.maskKey),
      selfSeed: toHex(seen.selfSeed),
      seedCommitment: toHex(seedCommitment(this.#primitives, new SecretBytes(seen.selfSeed), sessionId, index)),
      selfMaskKey: toHex(key.expose()),
      selfMask: this.#words(settings, key),
      update: [...update],
      examples,
      loss,
      accuracy,
      inputRecord: toHex(seen.inputRecord),
      roundingKey: toHex(seen.roundingKey),
      roundingWords: seen.roundingWords,
      values: seen.values,
    };
  }

  #pairs(settings: RoundSettings): TranscriptPair[] {
    const primitives = this.#primitives;
    const { sessionId } = this.#first().facts;
    const pairs: TranscriptPair[] = [];
    for (let low = 0; low < CAST.length; low++) {
      for (let high = low + 1; high < CAST.length; high++) {
        const own = this.#at(low);
        const peer = this.#at(high);
        const cipherShared = primitives.x25519(own.cipherSecret).with(peer.cipherKey);
        const mask = primitives.x25519(own.maskSecret);
        const key = pairMaskKey(primitives, mask, sessionId, low, { index: high, maskKey: peer.maskKey });
        pairs.push({
          low,
          high,
          cipherShared: toHex(cipherShared),
          sealKeyLowToHigh: toHex(sealKey(primitives, cipherShared, sessionId, low, high).expose()),
          sealKeyHighToLow: toHex(sealKey(primitives, cipherShared, sessionId, high, low).expose()),
          maskShared: toHex(mask.with(peer.maskKey)),
          pairMaskKey: toHex(key.expose()),
          pairMask: this.#words(settings, key),
        });
      }
    }
    return pairs;
  }

  #shares(): Transcript['shares'] {
    return CAST.flatMap((_, owner) =>
      CAST.map((__, holder) => {
        const pair = this.#at(holder).held.get(owner)!;
        return {
          owner,
          holder,
          ofMaskKey: toHex(pair.subarray(0, SIZES.share)),
          ofSelfSeed: toHex(pair.subarray(SIZES.share)),
        };
      }),
    );
  }
}

function fieldsOf(settings: RoundSettings): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]: [string, string | number | Uint8Array | typeof UNTRAINED]) => [
      name,
      value instanceof Uint8Array
        ? toHex(concatBytes(value))
        : Array.isArray(value)
          ? value.map(({ from, length, bound }) => `${from} ${length} ${bound}`).join(', ')
          : value,
    ]),
  );
}
