/** Where something stands in its text; both count from 1, columns in UTF-16 units. */
export interface HclPosition {
  readonly line: number;
  readonly column: number;
}

export interface HclString {
  readonly kind: 'string';
  readonly text: string;
  readonly position: HclPosition;
}

export interface HclNumber {
  readonly kind: 'number';
  readonly value: number;
  readonly position: HclPosition;
}

export interface HclBoolean {
  readonly kind: 'boolean';
  readonly value: boolean;
  readonly position: HclPosition;
}

/** Only JSON text has null. */
export interface HclNull {
  readonly kind: 'null';
  readonly position: HclPosition;
}

export interface HclList {
  readonly kind: 'list';
  readonly items: readonly HclValue[];
  readonly position: HclPosition;
}

/**
 * Entries in the order written, repeated keys kept. A list and not an object keyed by outside names, so that a key
 * such as `__proto__` is a name like any other.
 */
export interface HclObject {
  readonly kind: 'object';
  readonly entries: readonly HclEntry[];
  readonly position: HclPosition;
}

export type HclValue = HclString | HclNumber | HclBoolean | HclNull | HclList | HclObject;

/** `key = value`, or a block `key "label" … { … }`. Labels are empty for the first form and for JSON text. */
export interface HclEntry {
  readonly key: string;
  readonly labels: readonly string[];
  readonly value: HclValue;
  readonly position: HclPosition;
}
