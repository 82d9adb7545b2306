/**
 * Whether a DNS name from a certificate matches an operator's pattern. `*` stands for characters inside one label, so
 * `*.corp` does not match `a.b.corp`; case does not matter; the whole name must match, and none of its labels is empty.
 */
export function matchesDnsPattern(pattern: string, name: string): boolean {
  if (name.length > 253 || !/^[\x21-\x7e]+$/.test(name)) return false;
  const patternLabels = pattern.toLowerCase().split('.');
  const labels = name.toLowerCase().split('.');
  return (
    patternLabels.length === labels.length &&
    labels.every((label, index) => label !== '' && matchGlob(patternLabels[index] as string, label))
  );
}

/** Whether text from a certificate matches a pattern in which `*` stands for any characters; case matters. */
export function matchesTextPattern(pattern: string, text: string): boolean {
  if (text.length > 2048) return false;
  return matchGlob(pattern, text);
}

/** Greedy glob match in time linear in text × stars, without backtracking over earlier stars. */
function matchGlob(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  if (parts.length === 1) return pattern === text;
  const head = parts[0] as string;
  const tail = parts[parts.length - 1] as string;
  if (text.length < head.length + tail.length || !text.startsWith(head) || !text.endsWith(tail)) return false;
  let offset = head.length;
  const end = text.length - tail.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, offset);
    if (found === -1 || found + part.length > end) return false;
    offset = found + part.length;
  }
  return true;
}
