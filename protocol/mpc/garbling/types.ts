/** How ANDs are garbled: half-gates (Zahur, Rosulek and Evans 2015), 32 bytes an AND. */
export type Scheme = 'half-gates';

/** Who learns the outputs. */
export type Reveal = 'garbler' | 'evaluator' | 'both';
