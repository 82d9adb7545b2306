import { describe, expect, it } from 'vitest';
import { remedyFor } from './return-values.ts';

describe('PKCS#11 return values', () => {
  const table: Readonly<Record<string, readonly number[]>> = {
    new_session: [179, 176, 144, 145, 181],
    fewer_sessions: [177, 2, 49],
    find_again: [130, 96],
    new_module: [48, 50, 224, 225, 400, 3, 257],
    probe: [5, 6, 0x8000_0000, 0xffff_ffff, 9999, 0],
    not_authentic: [64, 65, 66, 192, 193],
    refused: [99, 98, 104, 7, 33, 208, 209, 16, 17, 18, 19, 226],
    unsupported: [112, 113, 84],
    operator_needed: [160, 163, 164],
  };

  it.each(Object.entries(table))('that call for «%s» are told by their number', (remedy, codes) => {
    for (const code of codes) expect(remedyFor(code)).toBe(remedy);
  });
});
