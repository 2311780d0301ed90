import { SIZES } from '../../crypto/suite.ts';
import { type Encoded, type Header, openMessage, startMessage } from '../header.ts';
import { LIMITS } from '../limits.ts';

/** Coordinator → client: how the round ended. The context is the settings hash, since some never see a session id. */
export type Outcome = Header &
  (
    | {
        readonly kind: 'committed';
        /** Whether the recipient's update is in the sum. */
        readonly included: boolean;
        /** SHA-256 of the new model file. */
        readonly modelHash: Uint8Array;
      }
    | { readonly kind: 'abandoned'; readonly code: string; readonly message: string }
  );

const COMMITTED = 1;
const ABANDONED = 2;

/** Bytes of an Outcome. */
export function encodeOutcome(message: Outcome): Uint8Array {
  const writer = startMessage('outcome', message);
  return message.kind === 'committed'
    ? writer
        .u8(COMMITTED)
        .u8(message.included ? 1 : 0)
        .fixed(message.modelHash, SIZES.hash)
        .finish()
    : writer.u8(ABANDONED).text(message.code).text(message.message).finish();
}

/** Reads an Outcome. @throws CairnError `wire-…` for anything but one canonical Outcome */
export function decodeOutcome(message: Encoded): Outcome {
  const { header, reader } = openMessage('outcome', message);
  const kind = reader.u8In('kind', COMMITTED, ABANDONED);
  const outcome: Outcome =
    kind === COMMITTED
      ? {
          ...header,
          kind: 'committed',
          included: reader.flag('included'),
          modelHash: reader.raw(SIZES.hash, 'modelHash').slice(),
        }
      : {
          ...header,
          kind: 'abandoned',
          code: reader.text('code', LIMITS.code),
          message: reader.text('message', LIMITS.text),
        };
  reader.end();
  return outcome;
}
