import type { TokenParameters } from '../../core/index.ts';

export interface UserRecord {
  readonly name: string;
  /** PHC text of Argon2id. */
  readonly passwordHash: string;
  readonly parameters: TokenParameters;
  readonly createdMillis: number;
}

/** What is kept of failed log-ins under one name; the attempts left are a counter of the row. */
export interface AttemptsRecord {
  readonly locked: boolean;
  /** As it was tried; nobody may have it. */
  readonly name: string;
}
