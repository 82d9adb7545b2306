/** Who somebody is, whichever way they log in. */
export interface Entity {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly policies: readonly string[];
  readonly disabled: boolean;
  readonly createdMillis: number;
  readonly updatedMillis: number;
  readonly version: number;
}

/** One way an entity logs in: a name known to one auth mount. */
export interface Alias {
  readonly id: string;
  readonly namespace: string;
  readonly entityId: string;
  /** Accessor of the auth mount. */
  readonly mount: string;
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly customMetadata: Readonly<Record<string, string>>;
  readonly createdMillis: number;
  readonly updatedMillis: number;
  readonly version: number;
}
