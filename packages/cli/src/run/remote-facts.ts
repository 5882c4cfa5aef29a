import { reverse } from "node:dns/promises";
import type { Socket } from "node:net";
import type { RemoteFacts } from "./environment.ts";

/** A name server that does not answer must not hold a handshake. */
const lookupMs = 2000;

/** Who is at the other end of a transport; of a Unix socket there is nothing to tell. */
export function remoteOf(socket: Pick<Socket, "remoteAddress" | "remotePort">): RemoteFacts {
  const address = socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, "");
  if (address === undefined) return { address: "unix-socket", port: "", host: "unix-socket" };
  return { address, port: String(socket.remotePort ?? ""), host: address };
}

/** The same with the name that reverse DNS has for the address, if it answers in time. */
export async function withHostName(
  remote: RemoteFacts,
  lookUp: (address: string) => Promise<readonly string[]> = reverse,
): Promise<RemoteFacts> {
  if (remote.port === "") return remote;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly string[]>((resolve) => {
    timer = setTimeout(() => resolve([]), lookupMs);
  });
  const [name] = await Promise.race([lookUp(remote.address).catch(() => []), late]);
  clearTimeout(timer);
  return name === undefined ? remote : { ...remote, host: name };
}
