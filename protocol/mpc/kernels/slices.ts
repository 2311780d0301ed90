/** What assembly/slices.ts exports. */
export interface SliceKernels {
  slicesPlaceholder(target: number): void;
}
