import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "./programs.ts";
import { answers, ServerProcess } from "./server-process.ts";

const program = findProgram("nats-server");

/** Why tests with a real NATS are skipped; undefined when there is one. */
export const noNats: string | undefined = program.path === undefined ? program.reason : undefined;

/** A real nats-server with JetStream, its store in the server's directory under `js`. `configuration` is added to its configuration file. */
export async function startNats(configuration = ""): Promise<ServerProcess> {
  return await ServerProcess.start({
    name: "nats",
    command: (port, directory) => {
      if (program.path === undefined) throw new Error(program.reason);
      const file = join(directory, "nats.conf");
      writeFileSync(
        file,
        `server_name: n${port}\nlisten: "127.0.0.1:${port}"\njetstream { store_dir: "${join(directory, "js")}" }\n${configuration}`,
      );
      return { file: program.path, args: ["-c", file], env: program.env };
    },
    // With a password it refuses, and serves all the same; JetStream is ready when the last line is said.
    isReady: async (port, server) => (await answers(port, "", /INFO /)) && server.output.includes("Server is ready"),
  });
}
