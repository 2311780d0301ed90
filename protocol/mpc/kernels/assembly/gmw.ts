// Placeholder of assembly/gmw.ts.
export function gmwPlaceholder(target: usize): void {
  store<u32>(target, 0);
}
