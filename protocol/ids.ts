declare const brand: unique symbol;

/** A member's id in the directory, or the seat the coordinator gave it in a curious round: a 32-bit unsigned number. */
export type MemberId = number & { readonly [brand]: 'MemberId' };

/**
 * A member's place in a round's roster, 0 … n − 1, in ascending order of member ids. It is also the slot at which the
 * member's Shamir shares are evaluated. Not to be confused with a {@link MemberId}.
 */
export type ClientIndex = number & { readonly [brand]: 'ClientIndex' };

/** Marks a number as a member id. The caller has checked that it is a 32-bit unsigned integer. */
export const memberId = (id: number): MemberId => id as MemberId;

/** Marks a number as a roster index. The caller has checked its range. */
export const clientIndex = (index: number): ClientIndex => index as ClientIndex;
