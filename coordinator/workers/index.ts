/** Worker threads: what opens a round's sum without keeping the event loop. */
export { Unmasker } from './unmasker.ts';
