/** The client in a browser: the same as in Node, on portable cryptography. */
export { join } from '../join.ts';
export * from '../public.ts';
