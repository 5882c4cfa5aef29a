import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A Unix socket in a folder that only this user may enter. The kernel takes paths of at most 107 bytes, so a long `TMPDIR` is not used. */
export class PrivateSocket {
  readonly path: string;
  readonly #folder: string;
  readonly #server: Server;
  /** A process that ends without closing it leaves no folder, unless it is killed. */
  readonly #remove = (): void => rmSync(this.#folder, { recursive: true, force: true });

  private constructor(folder: string, path: string, server: Server) {
    this.#folder = folder;
    this.path = path;
    this.#server = server;
    process.once("exit", this.#remove);
  }

  /** Opens it; `onConnection` gets each connection. @throws the system's error */
  static async open(onConnection: (socket: Socket) => void): Promise<PrivateSocket> {
    const parent = tmpdir().length > 60 ? "/tmp" : tmpdir();
    const folder = mkdtempSync(join(parent, "openline-"));
    chmodSync(folder, 0o700);
    const path = join(folder, "primary");
    const server = createServer(onConnection);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        // A cluster worker that opens one must not ask its primary to.
        server.listen({ path, exclusive: true }, resolve);
      });
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
    return new PrivateSocket(folder, path, server);
  }

  /** Takes no more connections, and removes the folder. */
  close(): void {
    this.#server.close();
    process.off("exit", this.#remove);
    this.#remove();
  }
}
