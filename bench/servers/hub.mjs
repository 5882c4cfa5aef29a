// The whole server, @openline/server, as `openline serve` composes it: room with history, positions, sessions. Defaults but for the log.
import { createServer } from "@openline/server";

const server = createServer({ port: 0, host: "127.0.0.1", logLevel: "silent" });
const { port } = await server.listen();
process.stdout.write(`listening ${port}\n`);
process.on("SIGUSR2", () => globalThis.gc?.());
