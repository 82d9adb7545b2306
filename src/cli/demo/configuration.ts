/** What a server of the demo is configured with; the text is what an operator would write. */
export interface DemoConfiguration {
  readonly dataFolder: string;
  readonly auditFile: string;
  readonly port: number;
  readonly certificateFile: string;
  readonly keyFile: string;
  /** A PKCS#11 token: it wraps the root key and holds the CA keys. */
  readonly hsm?: {
    readonly module: string;
    readonly label: string;
    readonly pinFile: string;
  };
}

const text = (value: string): string => JSON.stringify(value);

function hsmStanza(name: 'seal' | 'hsm', hsm: NonNullable<DemoConfiguration['hsm']>): string {
  return `${name} "pkcs11" {
  lib         = ${text(hsm.module)}
  token_label = ${text(hsm.label)}
  pin_file    = ${text(hsm.pinFile)}
}
`;
}

/** The configuration file of a demo server, in HCL. */
export function writeConfiguration(wanted: DemoConfiguration): string {
  const origin = `https://127.0.0.1:${wanted.port}`;
  return `api_addr = ${text(origin)}

storage "sqlite" {
  path = ${text(wanted.dataFolder)}
}

listener "tcp" {
  address         = "127.0.0.1:${wanted.port}"
  tls_cert_file   = ${text(wanted.certificateFile)}
  tls_key_file    = ${text(wanted.keyFile)}
  tls_min_version = "tls13"
}

audit "file" "file" {
  file_path = ${text(wanted.auditFile)}
}
${wanted.hsm ? `\n${hsmStanza('seal', wanted.hsm)}\n${hsmStanza('hsm', wanted.hsm)}` : ''}`;
}
