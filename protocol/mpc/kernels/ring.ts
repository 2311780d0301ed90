/** What assembly/ring.ts exports. */
export interface RingKernels {
  ringPlaceholder(target: number): void;
}
