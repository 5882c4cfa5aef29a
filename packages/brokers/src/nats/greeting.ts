import { connect } from "node:net";

/**
 * Resolves with the first of the servers, `HOST:PORT`, that greets (`INFO …`); rejects when none does until the signal. Asked before the driver is: to a server that
 * accepts and says nothing the driver leaves its socket open, one more at each try.
 */
export async function firstThatGreets(servers: readonly string[], signal: AbortSignal): Promise<string> {
  return await Promise.any(servers.map(async (server) => await greeting(server, signal)));
}

async function greeting(server: string, signal: AbortSignal): Promise<string> {
  const colon = server.lastIndexOf(":");
  const socket = connect({ host: server.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(server.slice(colon + 1)) });
  const giveUp = (): unknown => socket.destroy(new Error(`${server} accepts and does not greet`));
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      let said = "";
      socket.once("error", reject);
      socket.once("close", () => reject(new Error(`${server} closed the connection`)));
      socket.setEncoding("latin1").on("data", (text: string) => {
        said += text;
        if (said.startsWith("INFO ")) resolve(server);
        else if (said.length >= 5) reject(new Error(`${server} is no NATS: it greets with ${JSON.stringify(said.slice(0, 20))}`));
      });
    });
  } finally {
    signal.removeEventListener("abort", giveUp);
    socket.destroy();
  }
}
