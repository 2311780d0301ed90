import type { MemberId } from '../protocol/ids.ts';
import { printable } from '../protocol/printable.ts';
import { LIMITS } from '../protocol/wire/index.ts';
import type { Log, LogEvent, LogFields } from './log.ts';
import { labelOf, type MemberName, type NamedMember } from './member-name.ts';
import type { RoundReport } from './report.ts';

/** Guests are other members each time they come; the names of so many that came last are remembered. */
const MAX_REMEMBERED = 65_536;

/** Who has which name: what the directory says of members, and what guests said of themselves. */
export class Names {
  readonly #enrolled: (member: MemberId) => string | undefined;
  /** Includes members that are no longer in the directory: reports still mention them. */
  readonly #noted = new Map<MemberId, MemberName>();

  /** @param enrolled looks up a member's name in the directory in force */
  constructor(enrolled: (member: MemberId) => string | undefined) {
    this.#enrolled = enrolled;
  }

  /**
   * A member or guest has taken a seat.
   * @param claimed the name that a guest claims; '' for none
   */
  note(member: MemberId, claimed: string): void {
    const enrolled = this.#enrolled(member);
    const name = printable(enrolled ?? claimed).slice(0, LIMITS.name);
    this.#noted.delete(member);
    if (name.trim() === '') return;
    this.#noted.set(member, { name, proven: enrolled !== undefined });
    for (const oldest of this.#noted.keys()) {
      if (this.#noted.size <= MAX_REMEMBERED) break;
      this.#noted.delete(oldest);
    }
  }

  /** A member's name; undefined if it has none, or was forgotten. */
  of(member: MemberId): MemberName | undefined {
    const noted = this.#noted.get(member);
    if (noted?.proven === false) return noted;
    const enrolled = this.#enrolled(member);
    return enrolled === undefined || enrolled === ''
      ? noted
      : { name: printable(enrolled).slice(0, LIMITS.name), proven: true };
  }

  /** A member for display: name and number, or only the number. */
  label(member: MemberId): string {
    return labelOf(member, this.of(member));
  }

  /** The report with the names of the members whose numbers it contains. */
  named(report: RoundReport): RoundReport {
    const { drops, benched = [], satOut = [] } = report;
    const mentioned = new Set([
      ...drops.flatMap(({ member, owners = [], blames = [] }) => [member, ...owners, ...blames]),
      ...benched.map(({ member }) => member),
      ...satOut,
    ]);
    const names = [...mentioned]
      .sort((a, b) => a - b)
      .flatMap((member): NamedMember[] => {
        const name = this.of(member);
        return name === undefined ? [] : [{ member, ...name }];
      });
    return names.length === 0 ? report : { ...report, names };
  }

  /** A log whose entries about a member also have its name. */
  inLog(log: Log): Log {
    const named =
      (level: keyof Log) =>
      (event: LogEvent, fields: LogFields = {}): void => {
        const known = fields.member === undefined ? undefined : this.of(fields.member as MemberId);
        const name = known && (known.proven ? { name: known.name } : { claimed: known.name });
        log[level](event, { ...fields, ...name });
      };
    return {
      trace: named('trace'),
      debug: named('debug'),
      info: named('info'),
      warn: named('warn'),
      error: named('error'),
    };
  }
}
