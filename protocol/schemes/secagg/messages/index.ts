/** The messages of the secret-sharing rounds, each with its encoder and decoder, in the order in which a round sends them. */
export * from './advertise-keys.ts';
export * from './roster.ts';
export * from './share-keys.ts';
export * from './routed-shares.ts';
export * from './masked-input.ts';
export * from './survivors.ts';
export * from './consistency.ts';
export * from './unmask-request.ts';
export * from './unmask-shares.ts';
export * from './false-dealing.ts';
