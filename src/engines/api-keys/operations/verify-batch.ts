import type { EngineRequest, Fields } from '../../../core/index.ts';
import { isError, type JsonObject, StrongroomError } from '../../../lib/index.ts';
import type { KeyStore } from '../key-store.ts';
import { readQuestion, type VerifyFields, verifyKey } from './verify-key.ts';

/** Checks keys one after the other; `fieldsOfItem` are those of a single check. */
export async function verifyBatch(
  keys: KeyStore,
  request: EngineRequest<{ readonly items: readonly JsonObject[] }>,
  fieldsOfItem: Fields,
): Promise<JsonObject[]> {
  // All are read before the first is checked: a batch that is refused has spent nothing.
  const items = request.fields.items.map((item, index) => readItem(item, index, fieldsOfItem));
  const sent = new Set(request.fields.items.flatMap((item) => Object.keys(item)));
  const ignored = [...sent].filter((name) => !Object.hasOwn(fieldsOfItem, name)).sort();
  if (ignored.length > 0) request.warn(`Endpoint ignored these unrecognized parameters: [${ignored.join(' ')}]`);
  const results: JsonObject[] = [];
  for (const item of items) results.push(await verifyKey(keys, request, item));
  return results;
}

/** One item, with the types of a single check. */
function readItem(item: JsonObject, index: number, fieldsOfItem: Fields): VerifyFields {
  const fields: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(fieldsOfItem)) {
    const value = Object.hasOwn(item, name) ? item[name] : undefined;
    const outcome = schema.safeParse(value === null ? undefined : value);
    if (!outcome.success)
      throw new StrongroomError('invalid_field', `item ${index} has an unreadable "${name}"`, {
        hint: 'the same fields as for a single check',
      });
    fields[name] = outcome.data;
  }
  const read = fields as unknown as VerifyFields;
  try {
    readQuestion(read);
  } catch (error) {
    if (!isError(error, 'invalid_field')) throw error;
    throw new StrongroomError('invalid_field', `item ${index}: ${error.message}`, { hint: error.hint });
  }
  return read;
}
