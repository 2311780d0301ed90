import type { Primitives } from '../../../crypto/primitives.ts';
import type { MemberId } from '../../../ids.ts';
import type { Drop } from '../../../rounds/scheme.ts';
import type { MemberDirectory } from '../../../wire/membership.ts';
import type { RoundSettings } from '../../../wire/settings.ts';

/** What does not change while a server session lives. */
export interface ServerContext {
  readonly primitives: Primitives;
  readonly settings: RoundSettings;
  readonly settingsHash: Uint8Array;
  /** Needed by active rounds. */
  readonly directory: MemberDirectory | undefined;
  /** The invited members. Messages from others are refused. */
  readonly invited: ReadonlySet<MemberId>;
  /** The roster closes when this many have advertised. */
  readonly target: number;
  /**
   * When the secrets of the sum are opened: inside the step that ends the collection of shares, or by the party that
   * computes the plan, interleaved with other work, before it does so.
   */
  readonly opening: 'at-once' | 'in-turns';
  /** All members lost so far. Grows. */
  readonly drops: Drop[];
  /** Ids of the lost members, for lookup. Grows. */
  readonly lost: Set<MemberId>;
}
