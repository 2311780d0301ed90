export * from './session.ts';
export * from './types.ts';
export { secretsOf as serverSecretsOf } from './result.ts';
