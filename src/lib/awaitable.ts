/** A value that is there now (SQLite) or comes later (a network database, an HSM). Callers `await` it. */
export type Awaitable<T> = T | Promise<T>;
