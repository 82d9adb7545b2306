import { SecretText } from '../lib/index.ts';
import type { BodyValue } from './wire.ts';

const hidden = '[secret]';
/** Hiding shorter texts would blot out ordinary words. */
const minHiddenLength = 4;
/** The token of every example with a development server; nobody learns anything from it, and "root" is a policy. */
const noSecrets: ReadonlySet<string> = new Set(['root']);

export interface EncodedBody {
  readonly bytes: Buffer;
  /** The secrets in it, so that a server that echoes one cannot make us print it. */
  readonly secrets: readonly SecretText[];
}

function reveal(value: BodyValue, secrets: SecretText[]): unknown {
  if (value instanceof SecretText) {
    secrets.push(value);
    return value.insecureText();
  }
  if (Array.isArray(value)) return value.map((item: BodyValue) => reveal(item, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, reveal(item as BodyValue, secrets)]));
}

/** JSON bytes of a body; the one place where secrets of a request become text. */
export function encodeBody(body: BodyValue): EncodedBody {
  const secrets: SecretText[] = [];
  const plain = reveal(body, secrets);
  return { bytes: Buffer.from(JSON.stringify(plain), 'utf8'), secrets };
}

/** Replaces every occurrence of the secrets in text that came from outside and may be printed. */
export function hideSecrets(text: string, secrets: readonly SecretText[]): string {
  let shown = text;
  for (const secret of secrets) {
    const text = secret.insecureText();
    if (secret.length >= minHiddenLength && !noSecrets.has(text)) shown = shown.replaceAll(text, hidden);
  }
  return shown;
}
