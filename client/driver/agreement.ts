import {
  type Agreer,
  portablePrimitives,
  type Primitives,
  SecretBytes,
  webCryptoAgreer,
} from '../../protocol/crypto/index.ts';
import { createPacer } from '../../training/internal.ts';

/** Agreements by synchronous primitives, in slices of a few milliseconds between which the event loop has its turn. */
export function slicedAgreer(primitives: Primitives): Agreer {
  return {
    name: primitives.name,
    async agree({ secretKey, peers }, signal) {
      const agreement = primitives.x25519(secretKey.expose());
      const pacer = createPacer();
      const agreed: SecretBytes[] = [];
      try {
        for (const peer of peers) {
          signal.throwIfAborted();
          agreed.push(new SecretBytes(agreement.with(peer)));
          const turn = pacer.breathe();
          if (turn !== undefined) await turn;
        }
        signal.throwIfAborted();
        return agreed;
      } catch (thrown) {
        for (const secret of agreed) secret.wipe();
        throw thrown;
      } finally {
        agreement.wipe();
        pacer.close();
      }
    },
  };
}

let browser: Promise<Agreer> | undefined;

/** WebCrypto if this page or worker has X25519 in it, otherwise the portable primitives. Determined once. */
export function browserAgreer(): Promise<Agreer> {
  // Not in the types: a page that was not loaded over TLS or from this machine has no `subtle`.
  const { subtle } = globalThis.crypto as { readonly subtle?: SubtleCrypto };
  browser ??= webCryptoAgreer(subtle).then((agreer) => agreer ?? slicedAgreer(portablePrimitives));
  return browser;
}
