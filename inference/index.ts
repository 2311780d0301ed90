/**
 * Private inference: a model's owner answers questions without seeing them, and the asker learns the answer and not the
 * model. A network is read from a model's file, and compiled to a plan that both sides check by its hash.
 */
export {};
