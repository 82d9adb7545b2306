/** What a column holds. A `?` means that it may be null. */
export type ColumnKind = 'text' | 'integer' | 'blob' | 'text?' | 'integer?';

export interface ColumnValues {
  readonly text: string;
  readonly integer: number;
  readonly blob: Buffer;
  readonly 'text?': string | null;
  readonly 'integer?': number | null;
}

export type Value = string | number | Buffer | null;

export interface TableShape {
  /** Columns that together name one row, in order. Every row carries its namespace first. */
  readonly key: readonly string[];
  /** Clear columns: they hold no secret and are bound into the row's seal. */
  readonly columns: Readonly<Record<string, ColumnKind>>;
  /** Clear columns that statements change in place; they stand outside the seal. */
  readonly counters: Readonly<Record<string, ColumnKind>>;
}

/** Keeps the literal types of a table's description. */
export function describeTable<const T extends TableShape>(shape: T): T {
  return shape;
}
