import { describe, expect, it } from 'vitest';
import { SecretText } from '../lib/index.ts';
import { renderKeyValues, renderTable, visibleText } from './table.ts';

describe('tables', () => {
  it('align columns under their heads', () => {
    expect(
      renderTable(
        ['Path', 'Type'],
        [
          ['secret/', 'kv'],
          ['a', 'pki'],
        ],
      ),
    ).toBe('Path       Type\n----       ----\nsecret/    kv\na          pki\n');
  });

  it('show lists, objects, nothing and secrets asked for', () => {
    expect(
      renderKeyValues({ list: ['a', 1], map: { a: [{}] }, none: null, empty: '', token: new SecretText('t') }),
    ).toBe(
      'Key      Value\n---      -----\nlist     [a, 1]\nmap      {"a":[{}]}\nnone     n/a\nempty    n/a\ntoken    t\n',
    );
  });

  it('do not let a stored value drive the terminal', () => {
    expect(visibleText('a\u001b[2Jb\u009bc\u202ed\r\n')).toBe('a\\u001b[2Jb\\u009bc\\u202ed\\u000d\n');
    expect(renderKeyValues({ '\u001b]0;x\u0007': '\u001b[31m' })).not.toContain('\u001b');
  });
});
