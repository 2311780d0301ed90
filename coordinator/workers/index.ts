/** Worker threads that unmask a round's sum without blocking the event loop. */
export { Unmasker } from './unmasker.ts';
