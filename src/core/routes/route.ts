import type { z } from 'zod';
import type { Awaitable, ErrorCode } from '../../lib/index.ts';
import type { Answer } from './answer.ts';
import type { Fields, FieldValues } from './fields.ts';
import type { EngineRequest } from './request.ts';

/** POST stands for POST and PUT; LIST for the verb and for `GET ?list=true`; SCAN likewise. */
export type RouteVerb = 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'DELETE' | 'LIST' | 'SCAN';

/**
 * Who may call a route:
 * - `capability`: the policy must grant the operation on the path;
 * - `sudo`: and `sudo` in the same rule;
 * - `authenticated`: any valid credential, for the reason given; the handler decides what it may see;
 * - `optional`: anyone, for the reason given, and whoever shows a valid credential sees more;
 * - `public`: anyone, for the reason given;
 * - `login`: anyone, and the answer may hold an `auth` block.
 * Only the last three answer without a credential.
 */
export type Access =
  | { readonly kind: 'capability' }
  | { readonly kind: 'sudo' }
  | { readonly kind: 'authenticated'; readonly reason: string }
  | { readonly kind: 'optional'; readonly reason: string }
  | { readonly kind: 'public'; readonly reason: string }
  | { readonly kind: 'login'; readonly reason: string };

export const access = {
  capability: { kind: 'capability' } as Access,
  sudo: { kind: 'sudo' } as Access,
  authenticated: (reason: string): Access => ({ kind: 'authenticated', reason }),
  optional: (reason: string): Access => ({ kind: 'optional', reason }),
  public: (reason: string): Access => ({ kind: 'public', reason }),
  login: { kind: 'login', reason: 'a caller who logs in has no token yet' } as Access,
};

/**
 * A route, described once. From it come parsing, types, the API document, help, audit redaction, metric labels and the
 * tests that walk every route.
 */
export interface RouteSpec<F extends Fields = Fields> {
  /** `engine.noun.verb`, unique: the route's name in the API document, the audit log, metrics and tests. */
  readonly id: string;
  readonly verb: RouteVerb;
  /**
   * Path below the mount: fixed segments, `:name` for one segment, `:name*` at the end for the rest with slashes.
   * Captures are fields of the same name.
   */
  readonly path: string;
  readonly summary: string;
  readonly fields: F;
  /** The shape of `data`; checked in tests, drawn in the API document. */
  readonly response?: z.ZodType;
  readonly access: Access;
  /** Whether the item is there: then POST needs `update`, else `create`. Without it POST always needs `update`. */
  readonly exists?: (request: EngineRequest<FieldValues<F>>) => Awaitable<boolean>;
  /** Errors this route answers besides those of the pipeline. */
  readonly errors?: readonly ErrorCode[];
  /** Works while the server is sealed or not initialised. Such routes are not audited: there is no key to hash with. */
  readonly whileSealed?: boolean;
  /** Takes the body as bytes instead of JSON fields, with the media types it accepts. */
  readonly rawBody?: readonly string[];
  /** Every body member is a field (KV v1, cubbyhole, `sys/wrapping/wrap`): handed over as `request.body`. */
  readonly openBody?: boolean;
  /** Members that are no field are refused, not warned of: where one more filter would have meant less. */
  readonly refusesUnknown?: boolean;
  /**
   * The path below the mount under the one spelling of its captures, for routes that read a name in several (`Admin` as
   * `admin`). Rights are needed on it as well as on the path as sent: a rule about a name holds for every spelling.
   */
  readonly canonicalPath?: (captures: Readonly<Record<string, string>>) => string;
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler that answers nothing need not say so
  readonly handle: (request: EngineRequest<FieldValues<F>>) => Awaitable<Answer | undefined | void>;
}

/** A route whose field types are forgotten, as tables hold it. */
export type AnyRoute = RouteSpec<Fields>;

/** Describes a route; infers the handler's field types. */
export function route<const F extends Fields>(spec: RouteSpec<F>): AnyRoute {
  return spec as unknown as AnyRoute;
}
