import { CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { DirectoryEntry } from '../../protocol/wire/index.ts';

/**
 * The one member with this name or id.
 * @throws CairnError `identity-unknown` if there is none, `usage` if several have the name
 */
export function findMember(members: ReadonlyMap<MemberId, DirectoryEntry>, who: string): DirectoryEntry {
  const found = [...members.values()].filter(({ member, name }) => name === who || String(member) === who);
  if (found.length === 1) return found[0]!;
  if (found.length === 0) {
    throw new CairnError('identity-unknown', `no member has the name or id "${who}"`, {
      hint: 'list them with cairn enrol ls',
    });
  }
  throw new CairnError(
    'usage',
    `${found.length} members are called "${who}": ${found.map(({ member }) => member).join(', ')}`,
    {
      hint: 'use its id',
    },
  );
}

/**
 * The members with a new one added.
 * @throws CairnError `config-invalid` if its name, id or key is taken
 */
export function withMember(members: ReadonlyMap<MemberId, DirectoryEntry>, entry: DirectoryEntry): DirectoryEntry[] {
  const all = [...members.values()];
  const same = all.find(({ name }) => name === entry.name);
  if (same !== undefined) {
    throw new CairnError('config-invalid', `member ${same.member} already has the name "${entry.name}"`, {
      hint: 'renew it, revoke it first, or choose another name',
    });
  }
  if (members.has(entry.member)) {
    throw new CairnError(
      'config-invalid',
      `the id ${entry.member} is taken by "${members.get(entry.member)?.name ?? ''}"`,
      {
        hint: 'create a new request, which will have another id',
      },
    );
  }
  return [...all, entry];
}
