import { describe, expect, it } from 'vitest';
import { findBreaches, formatBreach } from './breaches.ts';
import { readSource } from './source-file.ts';

/** The breaches of an invented file, whose imports all lead to files. */
const judge = (path: string, text: string, exists = (_path: string) => true) =>
  findBreaches(readSource(path, text), exists).map(({ rule }) => rule);

const importing = (specifier: string) => `import { x } from '${specifier}';\n`;

describe('an import from another room', () => {
  it.each([
    ['core/seal/seal.ts', '../../store/index.ts'],
    ['core/engine.ts', '../lib/index.ts'],
    ['core/engine.ts', '../lib/hcl/index.ts'],
    ['engines/kv/index.ts', '../../core/index.ts'],
    ['engines/index.ts', './kv/index.ts'],
    ['server/start.ts', '../engines/index.ts'],
    ['server/start.ts', '../auth/userpass/index.ts'],
    ['cli/read.ts', '../client/index.ts'],
    ['cli/server.ts', '../server/index.ts'],
    ['cli/commands/server.ts', '../../server/index.ts'],
    ['cli/commands/audit.ts', '../../server/index.ts'],
    ['cli/server/flags.ts', '../../server/index.ts'],
  ])('goes down the table: %s may import %s', (path, specifier) => {
    expect(judge(path, importing(specifier))).toEqual([]);
  });

  it.each([
    ['lib/ids.ts', '../crypto/index.ts'],
    ['store/port.ts', '../crypto/index.ts'],
    ['core/engine.ts', '../http/index.ts'],
    ['core/engine.ts', '../engines/kv/index.ts'],
    ['engines/kv/index.ts', '../pki/index.ts'],
    ['auth/cert/index.ts', '../token/index.ts'],
    ['engines/kv/index.ts', '../../auth/token/index.ts'],
    ['engines/kv/index.ts', '../index.ts'],
    ['http/app.ts', '../store/index.ts'],
    ['cli/read.ts', '../server/index.ts'],
    ['server/start.ts', '../cli/index.ts'],
    ['client/client.ts', '../core/index.ts'],
  ])('never goes up or sideways: %s may not import %s', (path, specifier) => {
    expect(judge(path, importing(specifier))).toEqual(['arrow']);
  });

  it.each([
    ['core/seal/seal.ts', '../../store/sqlite/writer.ts'],
    ['core/seal/seal.ts', '../../lib/errors.ts'],
    ['core/seal/seal.ts', '../../lib/hcl/parse-hcl.ts'],
    ['server/start.ts', '../engines/kv/routes.ts'],
    ['core/seal/seal.test.ts', '../../store/port.ts'],
  ])('enters by index.ts: %s may not import %s', (path, specifier) => {
    expect(judge(path, importing(specifier))).toEqual(['arrow']);
  });

  it.each([
    `export { x } from '../http/index.ts';`,
    `export * from '../http/index.ts';`,
    `import type { X } from '../http/index.ts';`,
    `type X = import('../http/index.ts').X;`,
    `const x = await import('../http/index.ts');`,
  ])('is found however it is written: %s', (text) => {
    expect(judge('core/engine.ts', text)).toEqual(['arrow']);
  });

  it('is refused where its target cannot be read, is missing, or lies outside src/', () => {
    expect(judge('core/engine.ts', 'const x = await import(name);')).toEqual(['computed-import']);
    expect(judge('core/engine.ts', importing('./gone.ts'), () => false)).toEqual(['arrow']);
    expect(judge('core/engine.ts', importing('../../test/vectors/index.ts'))).toEqual(['arrow']);
    expect(judge('core/engine.test.ts', importing('../../test/vectors/index.ts'))).toEqual([]);
  });

  it('says which file, which line and what is wrong', () => {
    const [breach] = findBreaches(readSource('lib/ids.ts', `\n${importing('../crypto/index.ts')}`), () => true);
    expect(breach && formatBreach(breach)).toBe(
      'src/lib/ids.ts:2  [arrow] "../crypto/index.ts" src/lib may not import src/crypto',
    );
  });
});

describe('inside a room', () => {
  it('files import one another freely', () => {
    expect(judge('store/sqlite/writer.ts', importing('../port.ts'))).toEqual([]);
    expect(judge('engines/kv/operations/read.ts', importing('../records.ts'))).toEqual([]);
  });

  it('the folders of core enter one another by index.ts, their tests deeper', () => {
    expect(judge('core/tokens/create.ts', importing('../seal/index.ts'))).toEqual([]);
    expect(judge('core/tokens/create.ts', importing('../engine.ts'))).toEqual([]);
    expect(judge('core/tokens/create.ts', importing('./row.ts'))).toEqual([]);
    expect(judge('core/tokens/create.ts', importing('../seal/keyring.ts'))).toEqual(['arrow']);
    expect(judge('core/tokens/create.test.ts', importing('../seal/keyring.ts'))).toEqual([]);
    expect(judge('core/engine.ts', importing('./seal/keyring.ts'))).toEqual([]);
  });
});

describe('a package', () => {
  it('is used only in the rooms that list it', () => {
    expect(judge('store/sqlite/open.ts', importing('better-sqlite3'))).toEqual([]);
    expect(judge('store/sqlite/schema.ts', importing('drizzle-orm/sqlite-core'))).toEqual([]);
    expect(judge('core/engine.ts', importing('better-sqlite3'))).toEqual(['arrow']);
    expect(judge('http/app.ts', importing('drizzle-orm/sqlite-core'))).toEqual(['arrow']);
    expect(judge('lib/ids.ts', importing('@peculiar/x509'))).toEqual(['arrow']);
    expect(judge('lib/ids.test.ts', importing('vitest'))).toEqual([]);
    expect(judge('keys/conformance.ts', importing('vitest'))).toEqual([]);
    expect(judge('lib/ids.ts', importing('vitest'))).toEqual(['arrow']);
  });
});

describe('what is reserved', () => {
  it.each([
    importing('node:crypto'),
    `import type { KeyObject } from 'node:crypto';`,
    'const id = crypto.randomUUID();',
    'const bytes = globalThis.crypto.getRandomValues(new Uint8Array(4));',
  ])('node:crypto stays in src/crypto: %s', (text) => {
    expect(judge('keys/software/key.ts', text)).toContain('crypto');
    expect(judge('crypto/key.ts', text)).not.toContain('crypto');
  });

  it.each(['Date.now()', 'new Date()', 'Date()', `Date['now']()`, 'globalThis.Date.now()'])(
    'the wall clock stays in src/lib/clock.ts: %s',
    (text) => {
      expect(judge('core/tokens/create.ts', text)).toEqual(['clock']);
      expect(judge('lib/clock.ts', text)).toEqual([]);
    },
  );

  it('a date made from a given time is no reading of the clock', () => {
    expect(judge('core/tokens/create.ts', 'new Date(millis).toISOString();')).toEqual([]);
  });

  it('Math.random stays in src/crypto/random.ts, console in programs', () => {
    expect(judge('core/tokens/create.ts', 'Math.random();')).toEqual(['random']);
    expect(judge('http/app.ts', 'console.log(1);')).toEqual(['console']);
    expect(judge('cli/read.ts', 'console.log(1);')).toEqual([]);
  });

  it('words in comments and texts count for nothing', () => {
    expect(judge('core/tokens/create.ts', `// Date.now()\nconst text = 'console.log any';`)).toEqual([]);
  });
});

describe('style', () => {
  it('has no type any, in tests neither', () => {
    expect(judge('core/engine.ts', 'const x: any = 1;')).toEqual(['any']);
    expect(judge('core/engine.test.ts', 'const x = 1 as any;')).toEqual(['any']);
  });

  it('has no file of more than 350 lines', () => {
    expect(judge('core/engine.ts', '\n'.repeat(350))).toEqual([]);
    expect(judge('core/engine.ts', '\n'.repeat(351))).toEqual(['size']);
  });

  it('has no name that says nothing', () => {
    expect(judge('lib/string-utils.ts', '')).toEqual(['name']);
    expect(judge('core/helpers/x.ts', '')).toEqual(['name']);
    expect(judge('core/lease.ts', 'class LeaseManager {}')).toEqual(['name']);
    expect(judge('core/lease.ts', 'function commonName() {}')).toEqual([]);
  });

  it('has no file outside the rooms', () => {
    expect(judge('main.ts', '')).toEqual(['room']);
    expect(judge('misc/x.ts', '')).toEqual(['room']);
  });
});
