// Placeholder of assembly/transfer.ts.
export function transferPlaceholder(target: usize): void {
  store<u32>(target, 0);
}
