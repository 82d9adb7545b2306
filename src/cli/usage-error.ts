import { StrongroomError } from '../lib/index.ts';

/** The command was written wrongly: exit code 1. */
export class UsageError extends StrongroomError {
  constructor(message: string, hint?: string) {
    super('invalid_request', message, { hint: hint ?? 'add --help to see how it is used' });
    this.name = 'UsageError';
  }
}
