/** The laboratory: virtual clients through the same sessions as production. */
export * from './engine/members.ts';
export * from './engine/round.ts';
export * from './engine/settings.ts';
