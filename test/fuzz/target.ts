import type { IProperty } from 'fast-check';

/** What is run over and over: one thing under test, with inputs of its own and what must hold for each. */
export interface Trial {
  /** Throws for an input for which something does not hold. */
  readonly property: IProperty<readonly unknown[]>;
  /** Things done so far beyond the inputs themselves, such as steps of sessions. */
  readonly steps?: () => number;
}

/** One thing under test. */
export interface Target {
  /** Names begin with the part of the project; the command takes such beginnings. */
  readonly name: string;
  /** Its part of all inputs, beside those of the other targets. */
  readonly share: number;
  /** Inputs of one seed, between two signs of life. A failure's replay goes through no more. */
  readonly batch: number;
  /** Makes the trial: samples are only made where they are needed. */
  readonly make: () => Trial;
}
