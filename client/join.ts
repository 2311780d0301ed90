import { secagg } from '../protocol/schemes/secagg/index.ts';
import { type ClientPolicy } from '../protocol/rounds/index.ts';
import {
  type Agreer,
  identityFrom,
  type KeyPair,
  type Primitives,
  SecretBytes,
  SIZES,
  systemRandom,
} from '../protocol/crypto/index.ts';
import { CairnError } from '../protocol/errors.ts';
import { assertSimd } from '../protocol/kernels/index.ts';
import { ParameterLayout, untrainedRanges } from '../protocol/model/index.ts';
import { LIMITS } from '../protocol/wire/index.ts';
import { assertApp } from './app-check.ts';
import type { App } from './app.ts';
import { Consent } from './consent/consent.ts';
import { consentInMemory } from './consent/memory.ts';
import { parsePolicy } from './consent/parse.ts';
import { slicedAgreer } from './driver/agreement.ts';
import { Directories } from './driver/directories.ts';
import { Models } from './driver/models.ts';
import { defaultSeed } from './driver/seeds.ts';
import { serialsInMemory } from './enrolment/serial-memory.ts';
import { assertJoinOptions } from './join-options.ts';
import type { JoinOptions, MemberIdentity } from './options.ts';
import { type Participation, Participant } from './participation.ts';
import { DEFAULT_POLICY } from './policy.ts';
import { parseAddress } from './transport/address.ts';
import { openSocket } from './transport/socket.ts';

const DEFAULTS = {
  connectTimeoutMs: 15_000,
  reconnectDelayMs: 500,
  leaveTimeoutMs: 2000,
  ackTimeoutMs: 20_000,
  returnTimeoutMs: 3_600_000,
};

/**
 * Longest pauses before a reconnection attempt, as multiples of the shortest: while seeking the coordinator, and once
 * it has stopped.
 */
const PAUSES = { seeking: 60, stopped: 120 };

/** What a client entry point provides from its platform. */
interface Platform {
  /** Default cryptography. */
  readonly primitives: Primitives;
  /** Computes key agreements instead of these primitives; if absent, they do it themselves. Never rejects. */
  readonly agreer?: () => Promise<Agreer>;
}

/**
 * Joins a coordinator: the common part of each entry's `join`.
 * @param url the coordinator's address, such as `http://localhost:8080`
 * @param app the model, the data, and how to train
 * @throws CairnError `config-unknown-key` for an unknown option, `config-invalid` for options that cannot work or an app
 * without one of its parts, `unsafe-plain-http`, `update-shape` for impossible shapes and untrained tensors that are not
 * among them, `simd-missing`; everything that happens later is reported by `closed` and `onEvent`
 */
export function joinOn(platform: Platform, url: string, app: App, options: JoinOptions): Participation {
  assertJoinOptions(options);
  const { signal } = options;
  assertApp(app, 'the app');
  const primitives = options.primitives ?? platform.primitives;
  // A caller that chooses primitives gets their key agreements.
  const agreer = options.primitives === undefined ? platform.agreer?.() : undefined;
  // Here rather than when the first update is masked: by then a round's other members would be waiting for it.
  assertSimd();
  const policy = checkedPolicy(options);
  const address = parseAddress(url, options.unsafePlainHttp);
  const { identity, authorityKey, reconnectDelayMs = DEFAULTS.reconnectDelayMs } = options;
  const keys = identity === undefined ? undefined : keysOf(primitives, identity);
  const random = options.random ?? systemRandom;
  // A guest has no identity under which to remember anything: its memory ends with this participation.
  const secret = keys?.secretKey ?? new SecretBytes(random(SIZES.seed));
  const layout = new ParameterLayout(app.shapes);
  untrainedRanges(layout, app.untrained ?? []);
  const participant = new Participant({
    app,
    connection: {
      address,
      primitives,
      speaker:
        identity === undefined || keys === undefined
          ? { kind: 'guest', name: options.name ?? '' }
          : { kind: 'member', member: identity.member, keys },
      tasks: offered(options.tasks, policy.tasks),
      open: openSocket,
      pace: {
        reconnectDelayMs,
        maxDelayMs: PAUSES.seeking * reconnectDelayMs,
        ackTimeoutMs: DEFAULTS.ackTimeoutMs,
      },
      connectTimeoutMs: options.connectTimeoutMs ?? DEFAULTS.connectTimeoutMs,
    },
    round: {
      trainer: {
        app,
        layout,
        address,
        models: new Models({ address, primitives, layout, firstPauseMs: reconnectDelayMs }),
        primitives,
        seed: options.seed ?? defaultSeed(primitives, secret),
        secret,
      },
      agreer: agreer ?? Promise.resolve(slicedAgreer(primitives)),
      random,
      policy,
      consent: new Consent(options.consent ?? consentInMemory()),
      identity: keys,
      directories:
        authorityKey === undefined
          ? undefined
          : new Directories({
              ...{ address, primitives, authorityKey, firstPauseMs: reconnectDelayMs },
              serials: options.serials ?? serialsInMemory(),
            }),
      schemes: options.schemes ?? [secagg],
    },
    ownedSecret: identity !== undefined && 'keys' in identity ? undefined : secret,
    onEvent: options.onEvent,
    leaveTimeoutMs: options.leaveTimeoutMs ?? DEFAULTS.leaveTimeoutMs,
    ending: {
      stay: options.stay ?? false,
      returnTimeoutMs: options.returnTimeoutMs ?? DEFAULTS.returnTimeoutMs,
      pauses: { seeking: PAUSES.seeking * reconnectDelayMs, stopped: PAUSES.stopped * reconnectDelayMs },
      onModel: options.onModel,
    },
  });
  if (signal?.aborted === true) void participant.leave();
  else signal?.addEventListener('abort', () => void participant.leave(), { once: true });
  return participant;
}

function keysOf(primitives: Primitives, identity: MemberIdentity): KeyPair {
  return 'keys' in identity ? identity.keys : identityFrom(primitives, identity.seed);
}

/** Tasks that a client offers itself for: those it is given, or else all that its policy allows. */
function offered(tasks: readonly string[] = [], allowed: readonly string[] = []): readonly string[] {
  return tasks.length > 0 ? tasks : allowed;
}

/** A policy without fields that are present but undefined: they would override a default. */
const withoutGaps = (policy: Partial<ClientPolicy>): object =>
  Object.fromEntries(Object.entries<unknown>({ ...policy }).filter(([, value]) => value !== undefined));

/** @throws CairnError `config-unknown-key`, `config-invalid` for options that contradict each other or their bounds */
function checkedPolicy(options: JoinOptions): ClientPolicy {
  const { policy, identity, authorityKey, name, tasks, seed, returnTimeoutMs = 0 } = options;
  const invalid = (text: string, hint?: string): CairnError =>
    new CairnError('config-invalid', text, hint === undefined ? {} : { hint });
  const bytes = (text: string): number => new TextEncoder().encode(text).length;
  const whole: ClientPolicy = { ...DEFAULT_POLICY, ...parsePolicy(withoutGaps(policy ?? {})) };
  if (whole.adversary === 'active' && (identity === undefined || authorityKey === undefined)) {
    throw invalid(
      `policy.adversary is "active", which needs ${identity === undefined ? 'an identity' : 'the authority’s key'}`,
      'pass identity and authorityKey, or accept rounds that trust the coordinator: policy: { adversary: "curious" }',
    );
  }
  if (authorityKey !== undefined && authorityKey.length !== SIZES.key) {
    throw invalid(`authorityKey must have ${SIZES.key} bytes, but has ${authorityKey.length}`);
  }
  if (name !== undefined && bytes(name) > LIMITS.name) throw invalid(`name must have at most ${LIMITS.name} bytes`);
  if (tasks !== undefined && (tasks.length > LIMITS.tasks || tasks.some((task) => bytes(task) > LIMITS.name))) {
    throw invalid(`tasks: at most ${LIMITS.tasks} names of at most ${LIMITS.name} bytes`);
  }
  const unwanted = tasks?.find((task) => whole.tasks?.includes(task) === false);
  if (unwanted !== undefined) {
    throw invalid(
      `tasks: "${unwanted}" is not allowed by the policy`,
      'offer the client for tasks that are listed in its policy, or add this one there',
    );
  }
  if (seed !== undefined && (!Number.isSafeInteger(seed) || seed < 0)) {
    throw invalid(`seed must be an integer from 0, but is ${seed}`);
  }
  if (!(returnTimeoutMs >= 0)) throw invalid(`returnTimeoutMs must be a number from 0, but is ${returnTimeoutMs}`);
  return whole;
}
