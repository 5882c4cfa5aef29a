import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContext, type SecureContextOptions, type TlsOptions } from "node:tls";

/** Certificate and key: what `tls.createSecureContext` takes, or PEM files, which are read anew when certificates are reloaded. */
export interface CertificateSource extends SecureContextOptions {
  /** A PEM file: the certificate, then those that lead to its authority. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** A PEM file of authorities. With `requestCert`: whose certificates clients may have. */
  readonly caFile?: string | undefined;
}

/** TLS on a port of the server's own: options of `tls.createServer`, and files. */
export interface TlsSettings
  extends CertificateSource,
    Omit<TlsOptions, keyof SecureContextOptions | "ALPNProtocols" | "handshakeTimeout"> {
  /**
   * Further certificates by the name that a client asks for (SNI, RFC 6066 §3): `chat.example` or, for any one label, `*.example`. Who asks for another name,
   * or for none, gets the certificate above. What a name does not say, such as the authorities of clients, it has from here.
   */
  readonly names?: Readonly<Record<string, CertificateSource>> | undefined;
}

/** What {@link Certificates.reload} may be given: a new certificate, and new ones by name. */
export type CertificateChanges = Pick<TlsSettings, keyof CertificateSource | "names">;

interface SecureServer {
  setSecureContext(options: SecureContextOptions): void;
}

type SniCallback = NonNullable<TlsOptions["SNICallback"]>;

/** The certificates of a server, which can be exchanged while it runs: connections that are open keep theirs, later handshakes get the new ones. */
export class Certificates {
  #source: CertificateSource;
  #names: Readonly<Record<string, CertificateSource>>;
  #options: SecureContextOptions;
  #contexts: ReadonlyMap<string, SecureContext>;

  /** @throws the system's error for a file that cannot be read, OpenSSL's for what is no certificate or not the key's */
  constructor({ names = {}, ...source }: TlsSettings) {
    this.#source = source;
    this.#names = names;
    this.#options = checked(source);
    this.#contexts = contextsOf(names, this.#options);
  }

  /** For `createServer`: certificate and key as options, files read. */
  get options(): SecureContextOptions {
    return this.#options;
  }

  /** For `createServer`: answers with the context for the name asked for; undefined for the default one. */
  readonly onName: SniCallback = (name, answer) => answer(null, this.#contextFor(name.toLowerCase()));

  /**
   * Reads the files again, or takes what is given instead, and lets `server` use it for handshakes from now on.
   * @throws as the constructor; everything is then as it was
   */
  reload(server: SecureServer, { names, ...changes }: CertificateChanges = {}): void {
    const source = Object.keys(changes).length === 0 ? this.#source : { ...withoutCertificate(this.#source), ...changes };
    const allNames = names ?? this.#names;
    const options = checked(source);
    const contexts = contextsOf(allNames, options);
    server.setSecureContext(options);
    this.#source = source;
    this.#names = allNames;
    this.#options = options;
    this.#contexts = contexts;
  }

  #contextFor(name: string): SecureContext | undefined {
    return this.#contexts.get(name) ?? this.#contexts.get(name.replace(/^[^.]+\./, "*."));
  }
}

// What is given takes the place of both: a new certificate beside an old file would leave open which of them counts.
function withoutCertificate(source: CertificateSource): CertificateSource {
  const replaced = new Set(["certFile", "keyFile", "cert", "key", "pfx"]);
  return Object.fromEntries(Object.entries(source).filter(([name]) => !replaced.has(name)));
}

// A context of its own would trust all of Node's authorities with clients, where the server trusts but some.
function contextsOf(names: Readonly<Record<string, CertificateSource>>, server: SecureContextOptions): ReadonlyMap<string, SecureContext> {
  const shared = withoutCertificate(server);
  return new Map(
    Object.entries(names).map(([name, source]) => [name.toLowerCase(), createSecureContext({ ...shared, ...filesRead(source) })]),
  );
}

/** @throws when certificate and key do not belong together: before the server is given them */
function checked(source: CertificateSource): SecureContextOptions {
  const options = filesRead(source);
  createSecureContext(options);
  return options;
}

function filesRead({ certFile, keyFile, caFile, ...rest }: CertificateSource): SecureContextOptions {
  return {
    ...rest,
    ...(certFile !== undefined && { cert: readFileSync(certFile) }),
    ...(keyFile !== undefined && { key: readFileSync(keyFile) }),
    ...(caFile !== undefined && { ca: readFileSync(caFile) }),
  };
}
