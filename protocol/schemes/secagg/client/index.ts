export * from './session.ts';
export * from './types.ts';
export { secretsOf as clientSecretsOf } from './result.ts';
