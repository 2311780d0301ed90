import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { deltaOf } from '../../../client/consent/assert-privacy.ts';
import { costOf, spentOf } from '../../../client/consent/privacy-account.ts';
import { startClient } from '../../../protocol/schemes/secagg/client/index.ts';
import { encodeInput, inputLength } from '../../../protocol/rounds/inputs/index.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/native.ts';
import type { CairnError } from '../../../protocol/errors.ts';
import { memberId } from '../../../protocol/ids.ts';
import { LIMITS } from '../../../protocol/wire/limits.ts';
import { encodeInvitation, readInvitation } from '../../../protocol/wire/messages/invitation.ts';
import { decodeSettings, encodeSettings, type RoundSettings, settingsHash } from '../../../protocol/wire/settings.ts';
import { seeded } from '../../../simulations/attacks/open-round/lab.ts';
import { must, refusalCode } from '../outcome.ts';
import { settingsArbitrary } from '../settings-arbitrary.ts';
import type { Target } from '../target.ts';

/** What can be written is read as what was written, or is refused by name; so is what cannot be written. */
function check(given: RoundSettings): void {
  let read: RoundSettings;
  try {
    read = decodeSettings(encodeSettings(given));
  } catch (thrown) {
    const code = refusalCode(thrown);
    must(code.startsWith('wire-'), () => `${code}: ${(thrown as CairnError).message}`);
    return;
  }
  must(isDeepStrictEqual(read, given), 'the settings that were read are not those that were written');
}

/** Settings by their fields: the encoder's bounds are the decoder's. */
const fields: Target = {
  name: 'settings-fields',
  share: 1,
  batch: 100,
  make: () => ({ property: fc.property(settingsArbitrary({ dimension: LIMITS.coordinates }), check) }),
};

/** Gives what `run` gives; undefined where it refuses by name. */
function unlessRefused<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (thrown) {
    refusalCode(thrown);
    return undefined;
  }
}

/** A client is invited to a round of any settings, counts what it would cost, and makes its input. */
function invite(given: RoundSettings): void {
  const encoded = unlessRefused(() => encodeSettings(given));
  if (encoded === undefined) return;
  const context = settingsHash(nodePrimitives, encoded);
  const random = seeded('fuzz invited');
  const step = unlessRefused(() =>
    startClient({
      ...{ primitives: nodePrimitives, random, self: { member: memberId(1) } },
      policy: { adversary: 'curious', colluding: 0.1, minCohort: 2 },
      invitation: readInvitation(encodeInvitation({ suite: given.suite, context, settings: encoded })),
    }),
  );
  if (step === undefined) return;
  for (const event of step.events) if (event.kind === 'refused') refusalCode(event.error);
  for (const secret of step.wipe) secret.wipe();
  const cost = unlessRefused(() => costOf(given));
  if (cost !== undefined) {
    const { readers, inside } = spentOf([cost], deltaOf(given));
    must(readers >= 0 && inside >= 0, () => `ε of ${readers} and ${inside}`);
  }
  if (step.state.name === 'closed') return;
  const local = { update: new Float32Array(given.dimension).fill(0.1), examples: 1, loss: 0, accuracy: 0 };
  const input = unlessRefused(() => encodeInput(nodePrimitives, given, context, local, random));
  if (input !== undefined)
    must(input.values.length === inputLength(given), 'an input of another length than the round’s');
}

const SMALL = 32;

const invited: Target = {
  name: 'client-invited',
  share: 0.3,
  batch: 100,
  make: () => ({ property: fc.property(settingsArbitrary({ dimension: SMALL }), invite) }),
};

/** Settings of rounds: as fields, and as what a client is invited to. */
export const settingsTargets: readonly Target[] = [fields, invited];
