import { SIZES } from '../protocol/crypto/index.ts';
import { CairnError } from '../protocol/errors.ts';
import { assertOptions, type OptionKinds } from '../protocol/options.ts';
import type { Identity } from './enrolment/identity.ts';
import type { JoinOptions, MemberIdentity } from './options.ts';

const KINDS: OptionKinds<JoinOptions> = {
  tasks: 'strings',
  name: 'string',
  identity: 'object',
  authorityKey: 'bytes',
  serials: 'object',
  policy: 'object',
  consent: 'object',
  primitives: 'object',
  random: 'function',
  seed: 'number',
  signal: 'object',
  onEvent: 'function',
  unsafePlainHttp: 'boolean',
  connectTimeoutMs: 'number',
  reconnectDelayMs: 'number',
  stay: 'boolean',
  returnTimeoutMs: 'number',
  onModel: 'function',
  leaveTimeoutMs: 'number',
  schemes: 'array',
};

/** Of a program's own making, or as `readIdentity` gives it. */
const IDENTITY: OptionKinds<MemberIdentity | Identity> = {
  member: 'number',
  keys: 'object',
  seed: 'bytes',
  name: 'string',
  authorityKey: 'bytes',
  rounds: 'boolean',
};

/**
 * Checks the names and kinds of the options of `join`; what a policy holds is checked where it is read.
 * @throws CairnError `config-unknown-key`, `config-invalid`
 */
export function assertJoinOptions(options: unknown): asserts options is JoinOptions {
  assertOptions<JoinOptions>('options of join', options, KINDS);
  const { identity } = options;
  if (identity === undefined) return;
  assertOptions<MemberIdentity | Identity>('options of join: identity', identity, IDENTITY, ['member']);
  if ('seed' in identity && identity.seed.length !== SIZES.seed) {
    throw new CairnError(
      'config-invalid',
      `options of join: identity.seed must have ${SIZES.seed} bytes, but has ${identity.seed.length}`,
      { hint: 'pass the seed of an Ed25519 key, or what readIdentity returns' },
    );
  }
  if (!('keys' in identity) && !('seed' in identity)) {
    throw new CairnError('config-invalid', 'options of join: identity has neither keys nor seed', {
      hint: 'pass what readIdentity returns, or { member, seed } with the 32 bytes of an Ed25519 seed',
    });
  }
}
