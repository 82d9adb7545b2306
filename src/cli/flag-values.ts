import { UsageError } from './usage-error.ts';

/** What commander read, by camel-cased flag name. */
export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** Where nothing is a value like any other. */
const mayBeEmpty = new Set(['description', 'displayName', 'reason', 'contact', 'justification', 'namespace', 'ns']);

/** An unset shell variable would make a token without the policy or the lifetime that was meant: of root, for ever. */
function refuseEmpty(name: string): never {
  throw new UsageError(`-${kebab(name)} is empty`, 'give it a value or leave it out; is a shell variable unset?');
}

/** A flag's text. An empty one is refused but where it means something. */
export function textFlag(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  if (typeof value !== 'string') return undefined;
  if (value.trim() === '' && !mayBeEmpty.has(name)) refuseEmpty(name);
  return value;
}

export function switchFlag(flags: Flags, name: string): boolean {
  return flags[name] === true;
}

/**
 * A repeatable flag whose values may hold commas: `-policy=a,b -policy=c` is three. Undefined when not given; one
 * without anything in it is refused.
 */
export function listFlag(flags: Flags, name: string): string[] | undefined {
  const value = flags[name];
  if (!Array.isArray(value)) return undefined;
  return value.flatMap((given: string) => {
    const items = given
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
    return items.length === 0 ? refuseEmpty(name) : items;
  });
}

/** A repeatable flag taken as it is. */
export function repeatedFlag(flags: Flags, name: string): readonly string[] {
  const value = flags[name];
  return Array.isArray(value) ? value : [];
}

/** A whole number of 0 or more. */
export function numberFlag(flags: Flags, name: string): number | undefined {
  const text = textFlag(flags, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`-${kebab(name)} takes a whole number`);
  return Number(text);
}

/** A repeatable `name=value` flag as a map. */
export function mapFlag(flags: Flags, name: string): Record<string, string> | undefined {
  const pairs = repeatedFlag(flags, name);
  if (pairs.length === 0) return undefined;
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 1) throw new UsageError(`-${kebab(name)} takes name=value`);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
