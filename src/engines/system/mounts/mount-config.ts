import { defaultMountConfig, field, type Mount, type MountConfig } from '../../../core/index.ts';
import { isJsonObject, type Json, type JsonObject, parseDurationSeconds, StrongroomError } from '../../../lib/index.ts';

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_field', message, { hint });
}

const maxListed = 256;
/** Every mount is kept in memory: what describes it is short. */
const maxTextLength = 512;
const maxOptions = 64;

export function readDescription(text: string): string {
  return text.length <= maxTextLength ? text : refuse('the description is too long', `${maxTextLength} characters`);
}

export function readOptions(options: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(options);
  const fits = entries.every(([name, value]) => name.length <= maxTextLength && value.length <= maxTextLength);
  return fits && entries.length <= maxOptions
    ? options
    : refuse('the options are too many or too long', `${maxOptions} of ${maxTextLength} characters`);
}

/** Zero and an empty text leave a limit as it is; "system" takes it away. */
function readSeconds(value: Json, name: string, previous: number): number {
  if (value === '' || value === null) return previous;
  if (value === 'system') return 0;
  const seconds = parseDurationSeconds(value);
  if (seconds === 0) return previous;
  if (seconds > 315_360_000) refuse(`${name} is too long`, 'ten years at most');
  return seconds;
}

function readNames(value: Json, name: string): readonly string[] {
  const items = typeof value === 'string' ? value.split(',') : value;
  if (!Array.isArray(items) || items.length > maxListed || !items.every((item) => typeof item === 'string')) {
    return refuse(`${name} must be a list of texts`, 'write ["a", "b"]');
  }
  const names = items.map((item) => item.trim()).filter((item) => item !== '');
  if (names.some((item) => item.length > maxTextLength))
    refuse(`a name in ${name} is too long`, `${maxTextLength} characters`);
  return names;
}

function readWord<const W extends string>(value: Json, name: string, words: readonly W[]): W {
  return (
    words.find((word) => word === value) ??
    refuse(`invalid ${name}`, `one of ${words.map((word) => `"${word}"`).join(', ')}`)
  );
}

const flag = field.boolean();
const integer = field.integer();

function readFlag(value: Json, name: string): boolean {
  const read = flag.safeParse(value);
  return read.success ? read.data : refuse(`invalid ${name}`, 'true or false');
}

function readLockout(value: Json, previous: MountConfig['lockout']): MountConfig['lockout'] {
  if (!isJsonObject(value))
    return refuse('user_lockout_config must be an object', 'lockout_threshold, lockout_duration, …');
  const count = (name: string, before: number): number => {
    const given = value[name];
    if (given === undefined || given === null) return before;
    const { data: number } = integer.safeParse(given);
    return number !== undefined && number >= 0 && number <= 1_000_000
      ? number
      : refuse(`invalid ${name}`, 'a whole number');
  };
  const seconds = (name: string, before: number): number => {
    const given = value[name];
    return given === undefined || given === null ? before : parseDurationSeconds(given);
  };
  const disabled = value['lockout_disable'];
  return {
    threshold: count('lockout_threshold', previous.threshold) || previous.threshold,
    seconds: seconds('lockout_duration', previous.seconds) || previous.seconds,
    resetSeconds: seconds('lockout_counter_reset', previous.resetSeconds) || previous.resetSeconds,
    disabled: disabled === undefined || disabled === null ? previous.disabled : readFlag(disabled, 'lockout_disable'),
  };
}

const tokenTypes = ['default-service', 'default-batch', 'service', 'batch'] as const;
const visibilities = ['', 'unauth', 'hidden'] as const;

/** A mount's settings as sent, over what was there; a setting of Vault that has no effect here is refused by name. */
export function readMountConfig(
  sent: JsonObject,
  kind: Mount['kind'],
  previous: MountConfig = defaultMountConfig,
): MountConfig {
  let next = previous;
  for (const [name, value] of Object.entries(sent)) {
    if (value === null || value === undefined) continue;
    next = { ...next, ...readSetting(name, value, kind, next) };
  }
  const { defaultLeaseTtlSeconds: usual, maxLeaseTtlSeconds: longest } = next;
  if (longest > 0 && usual > longest) {
    throw new StrongroomError('invalid_request', 'default_lease_ttl is greater than max_lease_ttl', {
      hint: 'lower the one or raise the other',
    });
  }
  return next;
}

function readSetting(name: string, value: Json, kind: Mount['kind'], previous: MountConfig): Partial<MountConfig> {
  switch (name) {
    case 'default_lease_ttl':
      return { defaultLeaseTtlSeconds: readSeconds(value, name, previous.defaultLeaseTtlSeconds) };
    case 'max_lease_ttl':
      return { maxLeaseTtlSeconds: readSeconds(value, name, previous.maxLeaseTtlSeconds) };
    case 'force_no_cache':
      return { forceNoCache: readFlag(value, name) };
    case 'listing_visibility':
      return { listingVisibility: readWord(value, name, visibilities) };
    case 'audit_non_hmac_request_keys':
      return { auditNonHmacRequestKeys: readNames(value, name) };
    case 'audit_non_hmac_response_keys':
      return { auditNonHmacResponseKeys: readNames(value, name) };
    case 'passthrough_request_headers':
      return { passthroughRequestHeaders: readNames(value, name) };
    case 'allowed_response_headers':
      return { allowedResponseHeaders: readNames(value, name) };
    case 'token_type':
      if (kind !== 'auth') refuse('token_type is a setting of auth methods', 'leave it out');
      return value === '' ? {} : { tokenType: readWord(value, name, tokenTypes) };
    case 'user_lockout_config':
      if (kind !== 'auth') refuse('user_lockout_config is a setting of auth methods', 'leave it out');
      return { lockout: readLockout(value, previous.lockout) };
    case 'plugin_name':
    case 'plugin_version':
    case 'delegated_auth_accessors':
    case 'identity_token_key':
      return value === '' || (Array.isArray(value) && value.length === 0)
        ? {}
        : refuse(`${name} is not supported`, 'engines are built in');
    default:
      return {};
  }
}
