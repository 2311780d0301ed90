// Placeholder of assembly/slices.ts.
export function slicesPlaceholder(target: usize): void {
  store<u32>(target, 0);
}
