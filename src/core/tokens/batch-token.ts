import type { SealedTable, Sealer } from '../seal/index.ts';
import type { TokenBody, TokenRecord } from './token-record.ts';

export const batchPrefix = 'srb.';
const maxLength = 8_192;
const associatedData = 'strongroom batch token v1';

interface BatchBody {
  readonly namespace: string;
  readonly parent: string | null;
  readonly entityId: string;
  readonly mount: string | null;
  readonly expireMillis: number | null;
  readonly body: TokenBody;
}

/** A batch token is not stored: it carries itself, sealed. */
export function encodeBatchToken(sealer: Sealer, token: BatchBody): string {
  const sealed = sealer.seal(associatedData, Buffer.from(JSON.stringify(token), 'utf8'));
  return batchPrefix + sealed.toString('base64url');
}

/** The token, or undefined when a bit of it is not ours. Expiry and parent are the caller's to check. */
export function decodeBatchToken(sealer: Sealer, text: string): TokenRecord | undefined {
  if (text.length > maxLength || !/^srb\.[A-Za-z0-9_-]+$/.test(text)) return undefined;
  const encoded = text.slice(batchPrefix.length);
  const sealed = Buffer.from(encoded, 'base64url');
  // One spelling a token: base64url text with stray bits at the end decodes to the same bytes.
  if (sealed.toString('base64url') !== encoded) return undefined;
  const bytes = sealer.open(associatedData, sealed);
  if (!bytes) return undefined;
  const token = JSON.parse(bytes.toString('utf8')) as BatchBody;
  return { ...token, id: sealer.hashCredential(text), type: 'batch', usesLeft: null, row: undefined };
}

export type TokenTable = SealedTable<'tokens', TokenBody>;
