import { LABELS, type Primitives, transcript, u32le, utf8 } from '../../protocol/crypto/index.ts';

/** What a member's signature says: this connection, this address, this model, this plan. */
export interface Question {
  /** 32 bytes. */
  readonly challenge: Uint8Array;
  /** The address as the asker knows it, canonical, so that a server cannot pass the signature on to another one. */
  readonly address: string;
  readonly name: string;
  readonly planHash: Uint8Array;
  readonly member: number;
}

/** The 32 bytes that a member signs before it asks. */
export function questionTranscript(primitives: Primitives, question: Question): Uint8Array {
  const { challenge, address, name: model, planHash, member } = question;
  return transcript(primitives, LABELS.signQuestion, challenge, utf8(address), utf8(model), planHash, u32le(member));
}
