import type { Command } from 'commander';
import { UsageError } from './usage-error.ts';

interface KnownFlags {
  /** Long names with their dashes. */
  readonly switches: ReadonlySet<string>;
  readonly valued: ReadonlySet<string>;
}

const trueWords = new Set(['', '1', 't', 'T', 'true', 'TRUE', 'True']);
const falseWords = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/** The flags of a command and of everything below it. */
function collectFlags(command: Command): KnownFlags {
  const switches = new Set<string>(['--help']);
  const valued = new Set<string>();
  const visit = (one: Command): void => {
    for (const option of one.options) {
      if (option.long !== undefined) (option.required || option.optional ? valued : switches).add(option.long);
    }
    one.commands.forEach(visit);
  };
  visit(command);
  return { switches, valued };
}

function normaliseSwitch(name: string, value: string, known: KnownFlags): string[] {
  const negated = `--no-${name.slice(2)}`;
  if (trueWords.has(value)) return known.switches.has(name) ? [name] : [];
  if (falseWords.has(value)) return known.switches.has(negated) ? [negated] : [];
  // Handed on, it would be taken for the first word of the command.
  throw new UsageError(`${name.slice(1)} takes true or false`, 'or leave out the value: the flag alone means true');
}

/**
 * Brings flags into the one spelling the parser knows: `-format=json` becomes `--format=json`, `-h` becomes `--help`,
 * `-dev=true` becomes `--dev`. Words after `--`, a lone `-` and negative numbers stay. The value of a flag nobody knows
 * is dropped, since the parser repeats what it does not know and the value may be a secret. Throws `UsageError` for a
 * switch with a value that is neither true nor false.
 */
export function normaliseFlags(args: readonly string[], program: Command): string[] {
  const known = collectFlags(program);
  const result: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] as string;
    if (arg === '--') return [...result, ...args.slice(index)];
    const match = /^--?([A-Za-z][A-Za-z0-9_-]*)(?:=([\s\S]*))?$/.exec(arg);
    if (match === null) {
      result.push(arg);
      continue;
    }
    const name = match[1] === 'h' ? '--help' : match[1] === 'v' ? '--version' : `--${match[1]}`;
    const value = match[2];
    if (known.valued.has(name)) {
      result.push(value === undefined ? name : `${name}=${value}`);
      // The next word is this flag's value even when it starts with a dash.
      const next = args[index + 1];
      if (value === undefined && next !== undefined && next !== '--') {
        result[result.length - 1] = `${name}=${next}`;
        index += 1;
      }
    } else if (value !== undefined && (known.switches.has(name) || known.switches.has(`--no-${name.slice(2)}`))) {
      result.push(...normaliseSwitch(name, value, known));
    } else {
      result.push(name);
    }
  }
  return result;
}
