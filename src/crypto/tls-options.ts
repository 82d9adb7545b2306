import { constants } from 'node:crypto';

/** No renegotiation, no compression, and the server's order of suites (RFC 9325 3.3, 3.5, 4.2.1). */
export const tlsServerOptions =
  constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION | constants.SSL_OP_CIPHER_SERVER_PREFERENCE;

/** No session tickets: nothing about a connection is remembered past its end. */
export const tlsWithoutTickets = constants.SSL_OP_NO_TICKET;
