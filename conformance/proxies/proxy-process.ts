import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "@openline/testkit";

/** A proxy that runs for one test. */
export interface ProxyProcess {
  readonly stop: () => Promise<void>;
}

/** How a proxy is started: everything it writes goes below `folder`, which is temporary. */
export interface ProxyStart {
  /** Its name among Debian's programs. */
  readonly name: string;
  readonly configuration: (folder: string) => string;
  readonly args: (folder: string, file: string) => readonly string[];
  readonly environment?: (folder: string) => Readonly<Record<string, string>>;
  /** The loopback port that tells when it is ready. */
  readonly port: number;
}

/** Starts a proxy in the foreground and resolves once it accepts connections. @throws Error with what it complained about */
export async function startProxyProcess({ name, configuration, args, environment, port }: ProxyStart): Promise<ProxyProcess> {
  const program = findProgram(name);
  if (program.path === undefined) throw new Error(program.reason);
  const folder = await mkdtemp(join(tmpdir(), `openline-${name}-`));
  const file = join(folder, `${name}.conf`);
  await writeFile(file, configuration(folder));
  const child = spawn(program.path, args(folder, file), { env: { ...process.env, ...program.env, ...environment?.(folder) } });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log += String(chunk);
  });
  await answers(port, () => (child.exitCode === null ? undefined : `${name} exited with ${child.exitCode}: ${log}`));
  return {
    async stop() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "close");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves once something accepts connections on `port`; `fault` says why that will never be. */
async function answers(port: number, fault: () => string | undefined): Promise<void> {
  for (;;) {
    const reason = fault();
    if (reason !== undefined) throw new Error(reason);
    const socket = connect(port, "127.0.0.1");
    const event = await Promise.race([once(socket, "connect").then(() => "connect"), once(socket, "error").then(() => "error")]).catch(
      () => "error",
    );
    socket.destroy();
    if (event === "connect") return;
    await new Promise((resolve) => setTimeout(resolve, 20)); // a real program starts in its own time
  }
}
