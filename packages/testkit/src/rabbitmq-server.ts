import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { findLibrary } from "./programs.ts";
import { answers, ServerProcess } from "./server-process.ts";

const start = "usr/lib/rabbitmq/bin/rabbitmq-server";
const program = findLibrary("rabbitmq-server", start);

/** Why tests with a real RabbitMQ are skipped; undefined when there is one. */
export const noRabbit: string | undefined = program.path === undefined ? program.reason : undefined;

/**
 * A real RabbitMQ with a node name, a cookie and an epmd of its own, listening on loopback alone, without plugins. `configuration` is added to its
 * `rabbitmq.conf`. It takes 4 to 10 s to start.
 */
export async function startRabbit(configuration = ""): Promise<ServerProcess> {
  if (program.path === undefined) throw new Error(program.reason);
  const root = program.path.slice(0, -start.length);
  const erlang = join(root, "usr/lib/erlang");
  const erts = join(erlang, readdirSync(erlang).find((name) => name.startsWith("erts-")) ?? "", "bin");
  const libraries = program.env;
  const [distribution, epmd] = [await freePort(), await freePort()];
  // Started first, as a child: one that erl starts is a daemon that outlives the test.
  const names = spawn(join(erts, "epmd"), ["-port", String(epmd), "-address", "127.0.0.1"], {
    stdio: "ignore",
    env: { ...process.env, ...libraries },
  });
  return await ServerProcess.start({
    name: "rabbitmq",
    readyMs: 60_000,
    command: (port, directory) => {
      const at = (name: string): string => join(directory, name);
      writeFileSync(at("plugins"), "[].\n");
      writeFileSync(at("rabbitmq.conf"), configurationOf(port) + configuration);
      // Debian's own `erl` knows one place alone.
      mkdirSync(at("bin"), { recursive: true });
      const erl = `#!/bin/sh\nexport ROOTDIR="${erlang}" BINDIR="${erts}" EMU=beam PROGNAME=erl\nexec "$BINDIR/erlexec" "$@"\n`;
      writeFileSync(at("bin/erl"), erl);
      chmodSync(at("bin/erl"), 0o755);
      const env = {
        ...libraries,
        PATH: `${at("bin")}:${process.env["PATH"] ?? ""}`,
        HOME: directory,
        LANG: "C.UTF-8",
        ERL_EPMD_PORT: String(epmd),
        ERL_EPMD_ADDRESS: "127.0.0.1",
        RABBITMQ_NODENAME: `rmq${port}@localhost`,
        RABBITMQ_DIST_PORT: String(distribution),
        RABBITMQ_MNESIA_BASE: at("mnesia"),
        RABBITMQ_LOG_BASE: at("log"),
        RABBITMQ_LOGS: "-",
        RABBITMQ_CONFIG_FILE: at("rabbitmq.conf"),
        RABBITMQ_ENABLED_PLUGINS_FILE: at("plugins"),
        RABBITMQ_GENERATED_CONFIG_DIR: at("config"),
        RABBITMQ_PID_FILE: at("pid"),
        RABBITMQ_CONF_ENV_FILE: at("none"),
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}",
      };
      return { file: join(root, start), args: [], env };
    },
    // To accept is not to serve: it must begin to speak.
    isReady: async (port) => await answers(port, "AMQP\0\0\x09\x01", /RabbitMQ/),
    cleanUp: () => void names.kill("SIGKILL"),
  });
}

function configurationOf(port: number): string {
  const lines = [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    "loopback_users = none",
    "log.console = true",
    "log.console.level = warning",
    "log.file = false",
    "disk_free_limit.absolute = 50MB",
  ];
  return `${lines.join("\n")}\n`;
}
