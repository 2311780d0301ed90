import type { MemberId } from '../protocol/ids.ts';

/** A member's name, for display: printable, and no longer than the wire allows. */
export interface MemberName {
  readonly name: string;
  /** Whether the member directory's authority vouches for it. A guest may claim any name, even another member's. */
  readonly proven: boolean;
}

/** A member named in a report, with its number. */
export interface NamedMember extends MemberName {
  readonly member: MemberId;
}

/** Maximum characters of a name in a line of text. */
const MAX_SHOWN = 40;

/** A name for display: `anna`, or `"anna"?` for a guest. */
export function nameText({ name, proven }: MemberName): string {
  const characters = Array.from(name);
  const shown = characters.length > MAX_SHOWN ? `${characters.slice(0, MAX_SHOWN).join('')}…` : name;
  return proven ? shown : `"${shown.replaceAll('"', "'")}"?`;
}

/** A member for display: `anna (7)`, `"anna"? (7)`, or `member 7`. */
export const labelOf = (member: number, name: MemberName | undefined): string =>
  name === undefined ? `member ${member}` : `${nameText(name)} (${member})`;
