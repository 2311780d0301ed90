import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRequest } from '../../cli/enrol/request.ts';
import { parseIdentity } from '../../client/enrolment/identity.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { hex, publicOf, signed, T, toHex, u32, verifies } from './second-implementation.ts';
import { enrolmentVector, type EnrolmentVector, renderEnrolment } from './support/enrolment.ts';
import { shownPart, writePart } from './support/document.ts';
import { readVector, UPDATE, vectorText, writeText } from './support/files.ts';

const VECTOR = 'test/vectors/enrolment.json';

let folder = '';
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'cairn-enrolment-'))));
afterEach(() => rm(folder, { recursive: true }));

describe('enrolment files', () => {
  if (UPDATE) {
    writeText(VECTOR, vectorText(enrolmentVector()));
    writePart('enrolment', renderEnrolment(enrolmentVector()));
  }
  const vector = readVector(VECTOR) as EnrolmentVector;
  const { authorityKey, member, name, seed, identityKey } = vector;

  /** Section 5.3: what an identity signs in a request. */
  const requested = (authority = authorityKey, id = member, called = name): Uint8Array =>
    T('sign request', hex(authority), u32(id), Buffer.from(called), hex(identityKey));

  it('are what the programs write, and what docs/protocol.md shows', () => {
    expect(enrolmentVector()).toEqual(vector);
    expect(shownPart('enrolment')).toBe(renderEnrolment(vector));
  });

  it('hold the signature that the formula gives', () => {
    expect(toHex(publicOf('Ed25519', hex(seed)))).toBe(identityKey);
    expect(toHex(requested())).toBe(vector.signed);
    expect(toHex(signed(hex(seed), requested()))).toBe(vector.signature);
    expect(verifies(hex(identityKey), requested(), hex(vector.signature))).toBe(true);
  });

  const written = async (content: object): Promise<string> => {
    const path = join(folder, 'request.json');
    await writeFile(path, JSON.stringify(content));
    return path;
  };
  const request = (change: object = {}): object => ({ ...(JSON.parse(vector.request) as object), ...change });

  it('are read by the programs when another program wrote them', async () => {
    const path = await written({ ...request(), signature: toHex(signed(hex(seed), requested())) });
    expect(await readRequest(hex(authorityKey), path)).toEqual({ member, name, identityKey: hex(identityKey) });
    const { keys, ...rest } = parseIdentity(nodePrimitives, JSON.stringify({ authorityKey, seed, name, member }));
    expect(toHex(keys.publicKey)).toBe(identityKey);
    expect(rest).toEqual({ member, name, authorityKey: hex(authorityKey) });
  });

  it.each([
    ['another authority', hex('11'.repeat(32)), {}, 'identity-signature'],
    ['another id', hex(authorityKey), { member: member + 1 }, 'identity-signature'],
    ['another name', hex(authorityKey), { name: 'Ward 8' }, 'identity-signature'],
    ['a further key', hex(authorityKey), { more: 1 }, 'config-invalid'],
    ['a name of digits', hex(authorityKey), { name: '7' }, 'config-invalid'],
    ['a name that ends with a space', hex(authorityKey), { name: 'Ward 7 ' }, 'config-invalid'],
    ['a name with a control character', hex(authorityKey), { name: 'Ward\u001b7' }, 'config-invalid'],
    ['upper-case digits', hex(authorityKey), { identityKey: identityKey.toUpperCase() }, 'config-invalid'],
  ])('are refused with %s', async (_, authority, change, code) => {
    await expect(readRequest(authority, await written(request(change)))).rejects.toMatchObject({ code });
  });
});
