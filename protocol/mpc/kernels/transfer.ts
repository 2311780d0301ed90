/** What assembly/transfer.ts exports. */
export interface TransferKernels {
  transferPlaceholder(target: number): void;
}
