import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { writeIdentity } from '../../client/enrolment/index.ts';
import { replacePublic } from '../../platform/index.ts';
import { fromHex, generateIdentity, systemRandom, toHex } from '../../protocol/crypto/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import { printable, printableJson } from '../../protocol/printable.ts';
import { data, say } from '../io.ts';
import { directoryFile, openAuthority, readDirectory } from './authority.ts';
import type { Term } from './term.ts';
import { findMember, withMember } from './find.ts';
import { directoryJson, directoryLine, endOf, memberJson, memberLines } from './list.ts';
import { checkedName, fileOf } from './names.ts';
import { found, resign, secondsNow } from './register.ts';
import { type EnrolmentRequest, readRequest, requestText } from './request.ts';

/** Ids are drawn at random, so that requests can be created without asking which are free. */
function drawId(): MemberId {
  const bytes = systemRandom(4);
  return memberId(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true));
}

/** `cairn enrol init`. @throws CairnError `config-invalid`, `folder-unwritable` */
export async function init({ folder, valid }: { readonly folder: string; readonly valid: Term }): Promise<void> {
  const { authorityKey, ...directory } = await found(folder, valid);
  const key = toHex(authorityKey);
  say(`created an authority in ${folder}; its public key, which members pin, is ${key}`);
  say(directoryLine(directory, directory.issued));
  // The value of "directory" in a coordinator's configuration.
  data(JSON.stringify({ file: resolve(directoryFile(folder)), authorityKey: key }));
}

/** Options of `cairn enrol request`. */
export interface RequestFlags {
  /** The authority's public key, in hex. */
  readonly authority: string;
  readonly out?: string;
}

/** `cairn enrol request`: the key never leaves the machine. @throws CairnError `config-invalid`, `folder-unwritable`, `usage` */
export async function request(name: string, { authority, out }: RequestFlags): Promise<void> {
  checkedName(name);
  const path = out ?? fileOf(name, 'identity');
  const beside = out === undefined ? fileOf(name, 'request') : `${out}.request.json`;
  const authorityKey = fromHex(authority);
  const keys = generateIdentity(nodePrimitives, systemRandom);
  try {
    const member = drawId();
    await writeIdentity(path, { member, name, keys, authorityKey });
    await replacePublic(beside, requestText(authorityKey, member, name, keys));
    say(`${path} is the secret identity of member ${member}: keep it on this machine; give ${beside} to the authority`);
    data(beside);
  } finally {
    keys.secretKey.wipe();
  }
}

/** Options of `cairn enrol issue`. */
export interface IssueFlags {
  readonly folder: string;
  readonly request?: string;
  readonly out?: string;
  readonly expires: Term;
  readonly task?: readonly string[];
}

/** `cairn enrol issue`. @throws CairnError `config-invalid`, `config-unreadable`, `identity-signature`, `usage`, … */
export async function issue(name: string, flags: IssueFlags): Promise<void> {
  checkedName(name);
  const { folder, out, expires } = flags;
  const tasks = [...new Set(flags.task)];
  if (flags.request !== undefined && out !== undefined) {
    throw new CairnError(
      'usage',
      '--out is for an identity that is created here, but with --request it exists already',
      {
        hint: 'leave one of them out',
      },
    );
  }
  const { publicKey, secretKey } = await openAuthority(folder);
  secretKey.wipe();
  const certify = async (wanted: EnrolmentRequest): Promise<void> => {
    const { serial, entries, issued } = await resign({ folder }, (members, now) =>
      withMember(members, { ...wanted, notAfter: expires(now), tasks }),
    );
    const entry = entries.get(wanted.member)!;
    say(`${name} is member ${entry.member} until ${endOf(entry.notAfter, issued)}`);
    sayPublish(folder, serial);
    data(printableJson(memberJson(entry)));
  };
  if (flags.request === undefined) {
    await withNewIdentity(name, out ?? fileOf(name, 'identity'), publicKey, certify);
    return;
  }
  const wanted = await readRequest(publicKey, flags.request);
  if (wanted.name !== name) {
    throw new CairnError('config-invalid', `the request is for "${wanted.name}", not for "${name}"`, {
      hint: 'check whose request it is',
    });
  }
  await certify(wanted);
}

/** Creates a member's key on the authority's machine: simple, but not the best way, since it could be copied there. */
async function withNewIdentity(
  name: string,
  path: string,
  authorityKey: Uint8Array,
  certify: (wanted: EnrolmentRequest) => Promise<void>,
): Promise<void> {
  const keys = generateIdentity(nodePrimitives, systemRandom);
  try {
    const member = drawId();
    await writeIdentity(path, { member, name, keys, authorityKey });
    try {
      await certify({ member, name, identityKey: keys.publicKey });
    } catch (thrown) {
      // No other party has it yet.
      await rm(path, { force: true });
      throw thrown;
    }
    say(`${path} holds ${name}’s secret key: move it to its owner over a confidential channel, and delete it here`);
  } finally {
    keys.secretKey.wipe();
  }
}

/** `cairn enrol revoke`. @throws CairnError `identity-unknown`, `usage`, … */
export async function revoke(who: string, { folder }: { readonly folder: string }): Promise<void> {
  let name = who;
  const { serial } = await resign({ folder }, (members) => {
    const gone = findMember(members, who);
    ({ name } = gone);
    return [...members.values()].filter(({ member }) => member !== gone.member);
  });
  say(`${printable(name)} is no longer a member`);
  sayPublish(folder, serial);
}

/** Options of `cairn enrol renew`. */
export interface RenewFlags {
  readonly folder: string;
  readonly expires: Term;
  readonly valid?: Term;
  readonly serial?: number;
}

/** `cairn enrol renew`. @throws CairnError `identity-unknown`, `usage`, … */
export async function renew(who: readonly string[], flags: RenewFlags): Promise<void> {
  const { folder, expires } = flags;
  const directory = await resign(flags, (members, now) => {
    const chosen = new Set(who.map((one) => findMember(members, one).member));
    return [...members.values()].map((entry) =>
      chosen.has(entry.member) ? { ...entry, notAfter: expires(now) } : entry,
    );
  });
  say(directoryLine(directory, directory.issued));
  sayPublish(folder, directory.serial);
}

/** `cairn enrol ls`. @throws CairnError `config-unreadable`, `directory-signature`, … */
export async function list({ folder, json }: { readonly folder: string; readonly json?: boolean }): Promise<void> {
  const { publicKey, secretKey } = await openAuthority(folder);
  secretKey.wipe();
  const directory = await readDirectory(folder, publicKey);
  if (json === true) {
    data(printableJson(directoryJson(directory, publicKey)));
    return;
  }
  const now = secondsNow();
  say(directoryLine(directory, now));
  for (const line of memberLines(directory, now)) data(line);
}

function sayPublish(folder: string, serial: number): void {
  say(`publish directory ${serial}: give ${directoryFile(folder)} to the coordinator`);
}
