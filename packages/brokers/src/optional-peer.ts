import { BrokerError } from "./broker-error.ts";

/** How {@link loadPeer} names what needs the package. */
export interface Peer {
  /** The npm package. */
  readonly name: string;
  /** The part of this package that needs it. */
  readonly neededBy: string;
}

/**
 * Imports a package that is installed only where it is needed.
 * @throws BrokerError `missing-package` that says what to install
 */
export async function loadPeer<T>(peer: Peer, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!isNotFound(error, peer.name)) throw error;
    throw new BrokerError("missing-package", `${peer.neededBy} needs the package ${peer.name}: npm install ${peer.name}`, error);
  }
}

/** A package that is there but lacks one of its own dependencies is another fault. */
function isNotFound(error: unknown, name: string): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") && error instanceof Error && error.message.includes(`'${name}'`);
}
