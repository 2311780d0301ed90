import { PROTOCOL_VERSION, SIZES, SUITES, type SuiteId } from '../crypto/suite.ts';
import { CairnError } from '../errors.ts';
import { ByteReader } from './reader.ts';
import { ByteWriter } from './writer.ts';

/** Message type ids, the third byte of every message. */
export const MESSAGE_TYPES = {
  invitation: 0x01,
  advertiseKeys: 0x02,
  roster: 0x03,
  shareKeys: 0x04,
  routedShares: 0x05,
  maskedInput: 0x06,
  survivors: 0x07,
  consistency: 0x08,
  unmaskRequest: 0x09,
  unmaskShares: 0x0a,
  outcome: 0x0b,
  abort: 0x0c,
  falseDealing: 0x0d,
  challenge: 0x20,
  hello: 0x21,
  welcome: 0x22,
  part: 0x23,
  taskNews: 0x24,
  resume: 0x25,
} as const;

/** A message type's name. */
export type MessageName = keyof typeof MESSAGE_TYPES;

/** What every message carries before its fields. */
export interface Header {
  /** The suite both sides use. */
  readonly suite: SuiteId;
  /**
   * 32 bytes that bind the message to its place: the settings hash until the roster is known, the session id after it,
   * the challenge while a client connects.
   */
  readonly context: Uint8Array;
}

/** A header as decoded by a receiver: with the name of its message. */
export interface MessageHeader extends Header {
  readonly name: MessageName;
}

/**
 * A message that was received: its header is decoded once, when it arrives, and travels with the bytes. Both are views
 * of the same memory.
 */
export interface Message extends MessageHeader {
  /** The whole message, its header included. */
  readonly bytes: Uint8Array;
}

/** What decoders accept: a received message, or its bytes, whose header they then decode. */
export type Encoded = Message | Uint8Array;

/** Bytes of a header: version, suite, type, context. */
export const HEADER_LENGTH = 3 + SIZES.hash;

const NAMES = new Map<number, MessageName>(
  (Object.keys(MESSAGE_TYPES) as MessageName[]).map((name) => [MESSAGE_TYPES[name], name]),
);

/**
 * The name of a message, from its first three bytes.
 * @throws CairnError `wire-truncated`, `wire-version`, `wire-suite`, `wire-type`
 */
export const messageName = (bytes: Uint8Array): MessageName => beginning(new ByteReader(bytes, 'message')).name;

/**
 * Decodes a header. The rest of the message may be missing, as in the first part of a long one.
 * @returns the header; its context is a view into `bytes`
 * @throws CairnError `wire-truncated`, `wire-version`, `wire-suite`, `wire-type`
 */
export function decodeHeader(bytes: Uint8Array): MessageHeader {
  const reader = new ByteReader(bytes, 'message');
  return { ...beginning(reader), context: reader.raw(SIZES.hash, 'context') };
}

/**
 * Receives a message: its header is decoded, its fields are left to the decoder of its name.
 * @throws CairnError `wire-truncated`, `wire-version`, `wire-suite`, `wire-type`
 */
export const receiveMessage = (bytes: Uint8Array): Message => ({ ...decodeHeader(bytes), bytes });

function beginning(reader: ByteReader): Pick<MessageHeader, 'name' | 'suite'> {
  const version = reader.u8('version');
  if (version !== PROTOCOL_VERSION) {
    throw new CairnError('wire-version', `this side speaks protocol version ${PROTOCOL_VERSION}, the peer ${version}`);
  }
  const suite = reader.u8('suite');
  if (!Object.hasOwn(SUITES, suite)) throw new CairnError('wire-suite', `suite ${suite} is not known here`);
  const type = reader.u8('type');
  const name = NAMES.get(type);
  if (name === undefined) throw new CairnError('wire-type', `message type ${type} is not known`);
  return { name, suite: suite as SuiteId };
}

/** Starts a message of the named type. */
export function startMessage(name: MessageName, header: Header, capacity?: number): ByteWriter {
  return new ByteWriter(capacity)
    .u8(PROTOCOL_VERSION)
    .u8(header.suite)
    .u8(MESSAGE_TYPES[name])
    .fixed(header.context, SIZES.hash);
}

/**
 * Opens a message that must be of the named type.
 * @returns its header, and a reader at its first field
 * @throws CairnError `wire-truncated`, `wire-version`, `wire-suite`, `wire-type`
 */
export function openMessage(name: MessageName, message: Encoded): { header: Header; reader: ByteReader } {
  const { bytes, suite, context, name: found } = 'name' in message ? message : receiveMessage(message);
  if (found !== name) throw new CairnError('wire-type', `expected ${name}, got ${found}`);
  const reader = new ByteReader(bytes, name);
  reader.raw(HEADER_LENGTH, 'header');
  return { header: { suite, context }, reader };
}
