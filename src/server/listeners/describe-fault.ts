import { isError } from '../../lib/index.ts';

const framePattern = /^\s+at .{1,300}$/;
const maxFrames = 20;
const maxCauses = 4;

export interface FaultFacts {
  readonly name: string;
  readonly code?: string;
  /** Only the product's own errors have a text that is known to hold no secret. */
  readonly text?: string;
  readonly frames: readonly string[];
  readonly cause?: FaultFacts;
}

/**
 * What may be logged of an error of unknown origin: its kind, its code and where it happened. Its text is left out,
 * since libraries put into it what they were given, and that may be a secret.
 */
export function describeFault(error: unknown, depth = 1): FaultFacts {
  if (!(error instanceof Error)) return { name: typeof error, frames: [] };
  const code: unknown = Reflect.get(error, 'code');
  return {
    name: /^[A-Za-z]{1,64}$/.test(error.name) ? error.name : 'Error',
    ...(typeof code === 'string' && /^[A-Za-z0-9_]{1,64}$/.test(code) ? { code } : {}),
    ...(isError(error) ? { text: error.message } : {}),
    frames: framesOf(error),
    ...(error.cause === undefined || depth >= maxCauses ? {} : { cause: describeFault(error.cause, depth + 1) }),
  };
}

/** The stack behind the text: a text of several lines could look like frames. */
function framesOf(error: Error): readonly string[] {
  const { stack, message } = error;
  if (typeof stack !== 'string') return [];
  const start = message === '' ? 0 : stack.indexOf(message);
  if (start === -1) return [];
  return stack
    .slice(start + message.length)
    .split('\n')
    .filter((line) => framePattern.test(line))
    .slice(0, maxFrames)
    .map((line) => line.trim());
}
