import { SecretBytes as Unwatched } from '../../protocol/crypto/secret.ts';

let made: SecretBytes[] = [];

/** Every secret made since the last call, oldest first. */
export function secretsMade(): readonly Unwatched[] {
  const since = made;
  made = [];
  return since;
}

/** Takes the place of the real one in programs that scripts/bundled.mjs puts together: it tells of every instance. */
export class SecretBytes extends Unwatched {
  constructor(bytes: Uint8Array) {
    super(bytes);
    made.push(this);
  }
}
