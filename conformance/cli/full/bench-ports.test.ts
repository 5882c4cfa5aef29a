import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { binary } from "../run-process.ts";

const endpoint = new URL("../../../packages/ws/dist/index.js", import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), "openline-ports-"));
after(() => rmSync(folder, { recursive: true }));

/** A network of its own (network_namespaces(7)) with 50 ports for clients: nobody else on the machine feels it. */
const fewPorts = 'ip link set lo up && echo "40000 40049" > /proc/sys/net/ipv4/ip_local_port_range';

function inOwnNetwork(lines: string): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr, error } = spawnSync("unshare", ["--net", "sh", "-c", `${fewPorts} || exit 99\n${lines}`], {
    cwd: folder,
    encoding: "utf8",
    timeout: 100_000,
  });
  return { status, said: `${stdout}${stderr}${error?.message ?? ""}` };
}

const allowed = inOwnNetwork("exit 0");
const skip: string | false = allowed.status === 0 ? false : `a network of its own is not allowed here: ${allowed.said.trim()}`;

const server = `
  import { writeFileSync } from "node:fs";
  import { WebSocketServer } from ${JSON.stringify(endpoint)};
  const server = new WebSocketServer({ host: "127.0.0.1", port: 30000 }, () => writeFileSync("up", "up"));
  server.on("connection", (socket) => socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })));
`;

for (const scenario of ["echo", "idle", "handshakes"])
  test(`R25: ${scenario}: where the ports of a machine are used up, bench says so and gives no verdict`, { skip, timeout: 120_000 }, () => {
    writeFileSync(join(folder, "server.mjs"), server);
    rmSync(join(folder, "up"), { force: true });
    const call = `bench ws://127.0.0.1:30000/ --connections 200 --duration 1s --drivers 1 --scenario ${scenario}`;
    const { status, said } = inOwnNetwork(`
      ${process.execPath} server.mjs & server=$!
      while ! [ -e up ]; do sleep 0.1; done
      ${process.execPath} ${binary} ${call}; code=$?
      kill $server
      exit $code`);
    assert.equal(status, 3, said);
    assert.match(
      said,
      /no verdict: what stopped this run was not the server\n[^]*ports: all that this machine has for one address are in use/,
    );
  });
