/** The answer of a list with `keys` and `key_info` replaced by their counts; everything else as it is. */
export function elideList(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return data;
  const elided: Record<string, unknown> = { ...data };
  if (Array.isArray(elided['keys'])) elided['keys'] = elided['keys'].length;
  const info = elided['key_info'];
  if (typeof info === 'object' && info !== null) elided['key_info'] = Object.keys(info).length;
  return elided;
}
