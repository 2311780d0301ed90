import { type Header, openMessage, startMessage } from '../header.ts';

/** Coordinator → client: a round begins. The context is the hash of the settings, which the client recomputes. */
export interface Invitation extends Header {
  /** The canonical bytes of the round's settings. */
  readonly settings: Uint8Array;
}

const MAX_SETTINGS = 32_768;

/** Bytes of an invitation. */
export function encodeInvitation(message: Invitation): Uint8Array {
  return startMessage('invitation', message).block(message.settings).finish();
}

/** Reads an invitation. @throws CairnError `wire-…` for anything but one canonical invitation */
export function decodeInvitation(bytes: Uint8Array): Invitation {
  const { header, reader } = openMessage('invitation', bytes);
  const settings = reader.block('settings', MAX_SETTINGS);
  reader.end();
  return { ...header, settings };
}
