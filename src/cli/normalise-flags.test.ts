import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { normaliseFlags } from './normalise-flags.ts';

const program = new Command();
program.command('do').option('--format <name>').option('--dev').option('--no-renewable').option('--no-default-policy');

const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['one dash is two', ['do', '-format=json', '--dev'], ['do', '--format=json', '--dev']],
  ['a value may stand apart, even with a dash in front', ['do', '-format', '-x'], ['do', '--format=-x']],
  ['a value may hold an equals sign', ['-format=a=b'], ['--format=a=b']],
  ['switches take a truth value', ['-dev=true', '--dev=1', '-dev=false'], ['--dev', '--dev']],
  ['switches that are on can be turned off', ['-renewable=false', '-renewable=true'], ['--no-renewable']],
  ['-h and -v are help and version', ['-h', '-v'], ['--help', '--version']],
  ['a lone dash, negative numbers and name=value stay', ['-', '-1', 'a=-b', 'k=@f'], ['-', '-1', 'a=-b', 'k=@f']],
  ['after two dashes everything stays', ['-dev', '--', '-format=x'], ['--dev', '--', '-format=x']],
  ['the value of an unknown flag is dropped, since the parser repeats it', ['-tokn=hvs.secret'], ['--tokn']],
];

describe('flags', () => {
  it.each(cases)('%s', (_title, given, expected) => {
    expect(normaliseFlags(given, program)).toEqual(expected);
  });
});
