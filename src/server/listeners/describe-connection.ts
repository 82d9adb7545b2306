import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { canonicalAddress } from '../../lib/index.ts';
import { connectionOf } from './connection.ts';

const maxChain = 8;

/** What the transport says of the other side. Fields of the request are never looked at (MTL-08). */
export interface ConnectionFacts {
  /** The peer's address, not the client's behind a proxy: see `clientAddress`. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly encrypted: boolean;
  /** 'TLSv1.3', 'TLSv1.2' or undefined on a plain connection. */
  readonly tlsVersion: string | undefined;
  /** The client's certificate as it was sent: its key is proved, its issuer is not verified here. */
  readonly peerCertificateDer: Buffer | undefined;
  /** The certificates sent behind it, in the order sent, at most 8. */
  readonly peerChainDer: readonly Buffer[];
}

class Facts implements ConnectionFacts {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly encrypted: boolean;
  readonly tlsVersion: string | undefined;
  readonly #socket: TLSSocket | undefined;
  #certificates: readonly Buffer[] | undefined;

  constructor(socket: Socket, remoteAddress: string, remotePort: number) {
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
    this.#socket = socket instanceof TLSSocket ? socket : undefined;
    this.encrypted = this.#socket !== undefined;
    this.tlsVersion = this.#socket?.getProtocol() ?? undefined;
  }

  get peerCertificateDer(): Buffer | undefined {
    return this.#read()[0];
  }

  get peerChainDer(): readonly Buffer[] {
    return this.#read().slice(1);
  }

  #read(): readonly Buffer[] {
    this.#certificates ??= readCertificates(this.#socket);
    return this.#certificates;
  }
}

function readCertificates(socket: TLSSocket | undefined): Buffer[] {
  const certificates: Buffer[] = [];
  let next = socket?.getPeerX509Certificate();
  while (next !== undefined && certificates.length <= maxChain) {
    certificates.push(next.raw);
    next = next.issuerCertificate;
  }
  return certificates;
}

/** Describes the connection a request came on. Computed once a connection; certificates only when asked for. */
export function describeConnection(incoming: IncomingMessage): ConnectionFacts {
  const { socket } = incoming;
  const connection = connectionOf(socket);
  if (connection === undefined) {
    return new Facts(socket, canonicalAddress(socket.remoteAddress ?? ''), socket.remotePort ?? 0);
  }
  const known = connection.facts;
  if (known instanceof Facts) return known;
  const facts = new Facts(socket, connection.remoteAddress, connection.remotePort);
  connection.facts = facts;
  return facts;
}
