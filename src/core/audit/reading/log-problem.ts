/**
 * What can be wrong with a log:
 * `altered` a line is not as it was written; `dropped` lines are missing; `moved` lines stand in another order;
 * `inserted` a line was added or stands there twice; `cut` the end is missing; `torn` the last line is not whole;
 * `forged` a MAC, signature or head was not made with the server's keys; `malformed` it is no audit log.
 */
export type AuditProblem = 'altered' | 'dropped' | 'moved' | 'inserted' | 'cut' | 'torn' | 'forged' | 'malformed';
