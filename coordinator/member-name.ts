import type { MemberId } from '../protocol/ids.ts';

/** A member's name, for people: printable, and no longer than the wire allows. */
export interface MemberName {
  readonly name: string;
  /** Whether the member directory's authority vouches for it. A guest says what it likes, also another's name. */
  readonly proven: boolean;
}

/** A member that a report is about, beside its number. */
export interface NamedMember extends MemberName {
  readonly member: MemberId;
}

/** Characters of a name in a line of text. */
const MAX_SHOWN = 40;

/** How people read a name: `anna`, and `"anna"?` of a guest. */
export function nameText({ name, proven }: MemberName): string {
  const characters = Array.from(name);
  const shown = characters.length > MAX_SHOWN ? `${characters.slice(0, MAX_SHOWN).join('')}…` : name;
  return proven ? shown : `"${shown.replaceAll('"', "'")}"?`;
}

/** A member for people: `anna (7)`, `"anna"? (7)`, or `member 7`. */
export const labelOf = (member: number, name: MemberName | undefined): string =>
  name === undefined ? `member ${member}` : `${nameText(name)} (${member})`;
