/**
 * Bytes from standard base64. Browsers, workers and Node all have `atob`; only Node has `Buffer`.
 * @throws DOMException `InvalidCharacterError` for text that is not base64
 */
export function bytesFromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
