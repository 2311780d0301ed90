/** What assembly/gmw.ts exports. */
export interface GmwKernels {
  gmwPlaceholder(target: number): void;
}
