import { SIZES } from '../../crypto/suite.ts';
import { type MemberId, memberId } from '../../ids.ts';
import { type Encoded, type Header, openMessage, startMessage } from '../header.ts';
import { LIMITS } from '../limits.ts';

/** Coordinator → client, first on a connection: the context is a fresh challenge of 32 random bytes. */
export type Challenge = Header;

/** Client → coordinator: which client connects, and for which tasks. The context is the challenge it answers. */
export interface Hello extends Header {
  /** The client: a member of the directory with its signature, or a guest with a name. */
  readonly who:
    | {
        readonly kind: 'member';
        readonly member: MemberId;
        /**
         * The coordinator's address as the client knows it: scheme, host, port if not the default, path with a trailing
         * slash.
         */
        readonly address: string;
        /** Ed25519 over transcript(signHello, challenge, address, u32 member, every task). */
        readonly signature: Uint8Array;
      }
    | {
        readonly kind: 'guest';
        readonly name: string;
        /** The token of an earlier welcome, to take the same seat again; initially empty. */
        readonly token: Uint8Array;
      };
  /** Tasks the client offers itself for; empty means all. */
  readonly tasks: readonly string[];
}

/** Coordinator → client: the client has its seat. */
export interface Welcome extends Header {
  readonly member: MemberId;
  /** 16 random bytes by which a guest takes its seat again after a lost connection; empty for members. */
  readonly token: Uint8Array;
}

const MEMBER = 1;
const GUEST = 2;

/** Bytes of a Challenge. */
export function encodeChallenge(message: Challenge): Uint8Array {
  return startMessage('challenge', message).finish();
}

/** Reads a Challenge. @throws CairnError `wire-…` for anything but one canonical Challenge */
export function decodeChallenge(message: Encoded): Challenge {
  const { header, reader } = openMessage('challenge', message);
  reader.end();
  return { suite: header.suite, context: header.context.slice() };
}

/** Bytes of a Hello. */
export function encodeHello(message: Hello): Uint8Array {
  const writer = startMessage('hello', message);
  if (message.who.kind === 'member') {
    const { member, address, signature } = message.who;
    writer.u8(MEMBER).u32(member).text(address).fixed(signature, SIZES.signature);
  } else {
    writer.u8(GUEST).text(message.who.name).block(message.who.token);
  }
  writer.u8(message.tasks.length);
  for (const task of message.tasks) writer.text(task);
  return writer.finish();
}

/** Reads a Hello. @throws CairnError `wire-…` for anything but one canonical Hello */
export function decodeHello(message: Encoded): Hello {
  const { header, reader } = openMessage('hello', message);
  const who: Hello['who'] =
    reader.u8In('kind', MEMBER, GUEST) === MEMBER
      ? {
          kind: 'member',
          member: memberId(reader.u32('member')),
          address: reader.text('address', LIMITS.text),
          signature: reader.raw(SIZES.signature, 'signature').slice(),
        }
      : { kind: 'guest', name: reader.text('name', LIMITS.name), token: reader.block('token', LIMITS.token).slice() };
  const tasks = Array.from({ length: reader.u8In('tasks', 0, LIMITS.tasks) }, () => reader.text('task', LIMITS.name));
  reader.end();
  return { ...header, who, tasks };
}

/** Bytes of a Welcome. */
export function encodeWelcome(message: Welcome): Uint8Array {
  return startMessage('welcome', message).u32(message.member).block(message.token).finish();
}

/** Reads a Welcome. @throws CairnError `wire-…` for anything but one canonical Welcome */
export function decodeWelcome(message: Encoded): Welcome {
  const { header, reader } = openMessage('welcome', message);
  const member = memberId(reader.u32('member'));
  const token = reader.block('token', LIMITS.token).slice();
  reader.end();
  return { ...header, member, token };
}
