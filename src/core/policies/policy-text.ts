const base64Pattern = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * The text of a policy as sent: when the whole of it is standard base64 of UTF-8 text, what it decodes to, otherwise
 * itself. No useful policy is taken for base64: a `path` block has quotes and braces.
 */
export function decodePolicyText(text: string): string {
  const packed = text.replace(/[\r\n]/g, '');
  if (packed.length === 0 || packed.length % 4 !== 0 || !base64Pattern.test(packed)) return text;
  const bytes = Buffer.from(packed, 'base64');
  if (bytes.toString('base64') !== packed) return text;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return text;
  }
}
