import type { WantedAgreements } from '../../../crypto/agreer.ts';
import type { SecretBytes } from '../../../crypto/secret.ts';
import { CairnError } from '../../../errors.ts';
import { maskedWith, onMaskAgreements } from './masked-input.ts';
import { onCipherAgreements } from './share-keys.ts';
import type { ClientState, ClientStep } from './types.ts';

type Waiting = Extract<ClientState, { name: 'cipher-agreement' | 'mask-agreement' }>;

/**
 * The key agreements that a session waits for, each pair once: those of the cipher keys when the roster has been
 * audited, those of the mask keys when U2 is known. Undefined in every other state.
 */
export function wantedAgreements(state: ClientState): WantedAgreements | undefined {
  switch (state.name) {
    case 'cipher-agreement':
      return {
        secretKey: state.cipher.secretKey,
        peers: state.facts.neighbours.map(({ advertisement }) => advertisement.cipherKey),
      };
    case 'mask-agreement':
      return {
        secretKey: state.mask.secretKey,
        peers: maskedWith(state).map(({ advertisement }) => advertisement.maskKey),
      };
    default:
      return undefined;
  }
}

/** @throws CairnError `internal` for another number of shared secrets than {@link wantedAgreements} asked for */
export function onAgreements(state: Waiting, shared: readonly SecretBytes[]): ClientStep {
  const { peers } = wantedAgreements(state)!;
  if (shared.length !== peers.length) {
    throw new CairnError('internal', `${peers.length} key agreements were requested, but ${shared.length} arrived`);
  }
  return state.name === 'cipher-agreement' ? onCipherAgreements(state, shared) : onMaskAgreements(state, shared);
}
