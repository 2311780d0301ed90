/**
 * How ANDs are garbled: `half-gates` (Zahur, Rosulek and Evans 2015), 32 bytes an AND and the fastest, or `three-halves`
 * (Rosulek and Roy 2021), 25 bytes and more hashing.
 */
export type Scheme = 'half-gates' | 'three-halves';

/** Who learns the outputs. */
export type Reveal = 'garbler' | 'evaluator' | 'both';
