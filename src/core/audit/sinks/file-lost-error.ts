/** The log is no longer where the server writes it (deleted or cut by somebody): it must be opened again. */
export class FileLostError extends Error {}
