/** Our own version; `version.test.ts` keeps it equal to package.json. */
export const strongroomVersion = '0.1.0';

/** The level of the Vault API that is served. Clients switch features by it, so it is three plain numbers. */
export const vaultApiVersion = '1.19.0';
