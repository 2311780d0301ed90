const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it may stand in an element and in a quoted attribute. */
export function escapeHtml(text: string): string {
  return replaceControls(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** Shows control characters that no HTML document may hold as the replacement character. */
export function replaceControls(text: string): string {
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, '\ufffd');
}
