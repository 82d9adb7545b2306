import { describe, expect, it } from 'vitest';
import { parseCidrList } from './cidr.ts';

describe('a list of address blocks', () => {
  const covers = (own: readonly string[], block: string): boolean => parseCidrList(own).covers(block);

  it('compares long lists in little time', () => {
    const blocks = Array.from({ length: 1_000 }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`);
    const around = parseCidrList(blocks);
    const before = performance.now();
    expect(blocks.every((block) => around.covers(block))).toBe(true);
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  it('covers what lies whole in one of its blocks', () => {
    for (const [own, block] of [
      ['10.0.0.0/8', '10.0.0.0/8'],
      ['10.0.0.0/8', '10.255.0.0/16'],
      ['10.0.0.0/8', '10.1.2.3'],
      ['10.1.2.3', '10.1.2.3/32'],
      ['10.1.2.3/32', '10.1.2.3'],
      ['0.0.0.0/0', '0.0.0.0/0'],
      ['2001:db8::/32', '2001:DB8:1::/48'],
      ['::1', '::1/128'],
    ] as const) {
      expect(covers([own], block), `${own} ${block}`).toBe(true);
    }
  });

  it('IDN-07: does not cover a wider block that begins where another of its blocks does', () => {
    expect(covers(['10.0.0.0/8', '192.168.0.0/24'], '192.168.0.0/16')).toBe(false);
    expect(covers(['10.0.0.0/8'], '10.0.0.0/7')).toBe(false);
    expect(covers(['10.1.2.3'], '10.1.2.2/31')).toBe(false);
    expect(covers(['2001:db8::/32'], '2001:db8::/31')).toBe(false);
  });

  it('never covers an address of the other family', () => {
    expect(covers(['0.0.0.0/0'], '::/0')).toBe(false);
    expect(covers(['0.0.0.0/0'], '::1')).toBe(false);
    expect(covers(['::/0'], '10.0.0.0/8')).toBe(false);
  });

  it('without blocks is no restriction', () => {
    expect(covers([], '0.0.0.0/0')).toBe(true);
  });
});
