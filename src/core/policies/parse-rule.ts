import { type HclBlock, type HclEntry, type HclPosition, type HclValue, refuseAt } from '../../lib/hcl/index.ts';
import { isError, nearestName, parseDurationSeconds } from '../../lib/index.ts';
import { capabilityBit, capabilityBits, capabilityNames, legacyPolicies } from './capability.ts';
import { type KeyFilter, parseKeyFilter } from './key-filter.ts';
import type { ParameterValues, PolicyRule } from './parsed-policy.ts';
import { parsePathPattern } from './path-pattern.ts';
import { type PathTemplate, parsePathTemplate } from './path-template.ts';

const maxPatternLength = 4096;

type Reader = (entry: HclEntry) => Partial<PolicyRule>;

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['capabilities', (entry) => ({ capabilities: readCapabilities(entry) })],
  ['policy', (entry) => ({ capabilities: readLegacyPolicy(entry) })],
  ['allowed_parameters', (entry) => ({ allowedParameters: readParameters(entry) })],
  ['denied_parameters', (entry) => ({ deniedParameters: readParameters(entry) })],
  ['required_parameters', (entry) => ({ requiredParameters: readNames(entry) })],
  ['min_wrapping_ttl', (entry) => ({ minWrappingTtlSeconds: readTtl(entry) })],
  ['max_wrapping_ttl', (entry) => ({ maxWrappingTtlSeconds: readTtl(entry) })],
  ['pagination_limit', (entry) => ({ paginationLimit: readLimit(entry) })],
  ['list_scan_response_keys_filter_path', (entry) => ({ keyFilter: readKeyFilter(entry) })],
  ['expiration', (entry) => ({ expireMillis: readTime(entry) })],
  ['comment', (entry) => ignore(readText(entry))],
  ['mfa_methods', (entry) => ignore(refuseMfaMethods(entry))],
]);

const allowedKeys = [...readers.keys()];

/** Reads one `path "…" { … }`. */
export function parseRule(block: HclBlock): PolicyRule {
  const path = (block.labels[0] as string).replace(/^\//, '');
  let rule: PolicyRule = {
    path,
    template: readPath(path, block.position),
    capabilities: 0,
    allowedParameters: undefined,
    deniedParameters: undefined,
    requiredParameters: [],
    minWrappingTtlSeconds: 0,
    maxWrappingTtlSeconds: 0,
    paginationLimit: 0,
    keyFilter: undefined,
    expireMillis: undefined,
  };
  const seen = new Set<string>();
  for (const entry of block.body.entries) {
    const read = readers.get(entry.key) ?? refuseKey(entry);
    if (seen.has(entry.key)) refuseAt(entry.position, `"${entry.key}" occurs twice in one path`);
    if (entry.labels.length > 0) refuseAt(entry.position, `"${entry.key}" takes no label`);
    seen.add(entry.key);
    const part = read(entry);
    rule = { ...rule, ...part, capabilities: rule.capabilities | (part.capabilities ?? 0) };
  }
  if (rule.maxWrappingTtlSeconds !== 0 && rule.maxWrappingTtlSeconds < rule.minWrappingTtlSeconds) {
    refuseAt(block.position, 'max_wrapping_ttl cannot be less than min_wrapping_ttl');
  }
  const isDeny = (rule.capabilities & capabilityBits.deny) !== 0;
  return isDeny ? { ...rule, capabilities: capabilityBits.deny } : rule;
}

/** For keys that are checked and then have no effect. */
function ignore(_checked: unknown): Partial<PolicyRule> {
  return {};
}

function readPath(path: string, position: HclPosition): PathTemplate | undefined {
  if (path.length > maxPatternLength) refuseAt(position, `a path has at most ${maxPatternLength} characters`);
  if (/\p{Cc}/u.test(path)) refuseAt(position, 'a path must not hold control characters');
  const template = atPosition(position, () => parsePathTemplate(path));
  const texts = template === undefined ? [path] : template.texts;
  if (texts.some((text) => parsePathPattern(text) === undefined)) {
    refuseAt(position, '"+*" is not allowed in a path', '"+" stands for one whole segment, a final "*" for any ending');
  }
  return template;
}

function refuseKey(entry: HclEntry): never {
  const key = JSON.stringify(entry.key.slice(0, 64));
  if (entry.key === 'control_group') {
    refuseAt(
      entry.position,
      '"control_group" is not supported',
      'the rule would grant without the approvals it asks for',
    );
  }
  const nearest = nearestName(entry.key, allowedKeys);
  const question = nearest === undefined ? '' : `did you mean "${nearest}"? `;
  return refuseAt(entry.position, `unknown key ${key}`, `${question}allowed here: ${allowedKeys.join(', ')}`);
}

/** A demand for a second factor that nobody checks would be a grant without it. */
function refuseMfaMethods(entry: HclEntry): void {
  if (readTexts(entry).length === 0) return;
  refuseAt(
    entry.position,
    '"mfa_methods" is not supported',
    'the rule would grant without the second factor it asks for',
  );
}

function readCapabilities(entry: HclEntry): number {
  let bits = 0;
  for (const { text, position } of readTexts(entry)) {
    const bit = capabilityBit(text);
    if (bit === undefined) {
      const nearest = nearestName(text, capabilityNames);
      const question = nearest === undefined ? '' : `did you mean "${nearest}"? `;
      const name = JSON.stringify(text.slice(0, 64));
      refuseAt(position, `invalid capability ${name}`, `${question}allowed: ${capabilityNames.join(', ')}`);
    }
    bits |= bit;
  }
  return bits;
}

function readLegacyPolicy(entry: HclEntry): number {
  const bits = legacyPolicies.get(readText(entry));
  if (bits === undefined) refuseAt(entry.position, 'invalid "policy"', 'allowed: deny, read, write, sudo');
  return bits;
}

function readTexts(entry: HclEntry): { text: string; position: HclPosition }[] {
  const { value } = entry;
  if (value.kind !== 'list') refuseAt(entry.position, `"${entry.key}" must be a list of texts`);
  return value.items.map((item) =>
    item.kind === 'string' ? item : refuseAt(item.position, `"${entry.key}" must hold only texts`),
  );
}

function readNames(entry: HclEntry): string[] {
  return [...new Set(readTexts(entry).map(({ text }) => text.toLowerCase()))];
}

function readText(entry: HclEntry): string {
  return entry.value.kind === 'string' ? entry.value.text : refuseAt(entry.position, `"${entry.key}" must be a text`);
}

function readParameters(entry: HclEntry): ParameterValues {
  if (entry.value.kind !== 'object') refuseAt(entry.position, `"${entry.key}" must map names to lists of values`);
  const parameters = new Map<string, readonly HclValue[]>();
  for (const parameter of entry.value.entries) {
    const name = parameter.key.toLowerCase();
    if (parameter.labels.length > 0 || parameter.value.kind !== 'list') {
      refuseAt(parameter.position, `"${entry.key}" must map names to lists of values`, 'an empty list means any value');
    }
    if (parameters.has(name)) refuseAt(parameter.position, 'a parameter occurs twice; names do not depend on case');
    parameters.set(name, parameter.value.items);
  }
  return parameters;
}

function readTtl(entry: HclEntry): number {
  const { value } = entry;
  const input = value.kind === 'string' ? value.text : value.kind === 'number' ? value.value : undefined;
  return atPosition(entry.position, () => parseDurationSeconds(input));
}

function readLimit(entry: HclEntry): number {
  const { value } = entry;
  const valid = value.kind === 'number' && Number.isSafeInteger(value.value) && value.value >= 0;
  return valid ? value.value : refuseAt(entry.position, `"${entry.key}" must be a whole number of 0 or more`);
}

function readKeyFilter(entry: HclEntry): KeyFilter | undefined {
  const text = readText(entry);
  return text === '' ? undefined : atPosition(entry.position, () => parseKeyFilter(text));
}

const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/** RFC 3339 text, or whole seconds since 1970. */
function readTime(entry: HclEntry): number {
  const { value } = entry;
  if (value.kind === 'number' && Number.isSafeInteger(value.value) && value.value > 0) return value.value * 1000;
  const millis = value.kind === 'string' && timePattern.test(value.text) ? Date.parse(value.text) : Number.NaN;
  if (Number.isNaN(millis)) refuseAt(entry.position, '"expiration" must be a time such as "2030-01-31T12:00:00Z"');
  return millis;
}

/** Gives a refusal that knows no place the place of the entry it was about. */
function atPosition<T>(position: HclPosition, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isError(error)) throw error;
    return refuseAt(position, error.message, error.hint);
  }
}
