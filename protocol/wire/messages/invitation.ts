import { type Encoded, type Header, openMessage, startMessage } from '../header.ts';
import { decodeSettings, type RoundSettings } from '../settings.ts';

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
export function decodeInvitation(message: Encoded): Invitation {
  const { header, reader } = openMessage('invitation', message);
  const settings = reader.block('settings', MAX_SETTINGS);
  reader.end();
  return { ...header, settings };
}

/** An invitation whose settings are decoded too, as a round's client needs it. */
export interface RoundInvitation extends Header {
  readonly settings: RoundSettings;
  /** Their canonical bytes, of which the context must be the hash: the session checks that. */
  readonly encodedSettings: Uint8Array;
}

/** Reads an invitation and its settings. @throws CairnError `wire-…` for anything but one canonical invitation */
export function readInvitation(message: Encoded): RoundInvitation {
  const { suite, context, settings } = decodeInvitation(message);
  return { suite, context, settings: decodeSettings(settings), encodedSettings: settings };
}
