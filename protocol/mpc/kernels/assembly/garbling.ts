// Placeholder of assembly/garbling.ts.
export function garblingPlaceholder(target: usize): void {
  store<u32>(target, 0);
}
