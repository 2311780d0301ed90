/** What assembly/garbling.ts exports. */
export interface GarblingKernels {
  garblingPlaceholder(target: number): void;
}
