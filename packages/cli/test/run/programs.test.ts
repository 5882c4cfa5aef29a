import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { AccessLog } from "../../src/run/access-log.ts";
import { ForkCap } from "../../src/run/fork-cap.ts";
import { Programs } from "../../src/run/programs.ts";
import type { RunFlagValues } from "../../src/run/run-flags.ts";
import { settingsOf } from "./run-fixture.ts";

function programsOf(t: TestContext, flags: RunFlagValues): { programs: Programs; forks: ForkCap } {
  const forks = new ForkCap(Number(flags["maxforks"] ?? 100));
  const log = new AccessLog({ level: "none", format: "text", sink: process.stdout });
  const programs = new Programs({ settings: settingsOf(flags), forks, log, environment: { PATH: process.env["PATH"] ?? "" } });
  t.after(() => programs.drain());
  return { programs, forks };
}

const route = (room: string, file = "/bin/cat"): { file: string; args: string[]; room: string } => ({ file, args: [], room });

test("per-connection: a group for each client", (t) => {
  const { programs } = programsOf(t, {});
  assert.notEqual(programs.groupFor(route("/"), {}), programs.groupFor(route("/"), {}));
});

test("shared: one group for each program, whatever the path; it runs from the start", (t) => {
  const { programs, forks } = programsOf(t, { mode: "shared" });
  programs.start();
  assert.equal(forks.count, 1);
  const group = programs.groupFor({ ...route("/a"), file: settingsOf({}).command?.file ?? "" }, {});
  assert.equal(forks.count, 1);
  assert.equal(group, programs.groupFor({ ...route("/b"), file: settingsOf({}).command?.file ?? "" }, {}));
  assert.notEqual(group, programs.groupFor(route("/a", "/bin/other"), {}));
});

test("pool: N processes from the start, and clients go where the fewest are", (t) => {
  const { programs, forks } = programsOf(t, { mode: "pool 2" });
  programs.start();
  assert.equal(forks.count, 2);
  const command = settingsOf({}).command?.file ?? "";
  const first = programs.groupFor(route("/", command), {});
  first.join({
    id: "1",
    room: "/",
    remote: "",
    target: "/",
    subprotocol: "",
    fields: {},
    send: () => true,
    close: () => {},
    hold: () => {},
    release: () => {},
  });
  const second = programs.groupFor(route("/", command), {});
  assert.notEqual(first, second);
  assert.equal(programs.groupFor(route("/", command), {}), second);
});

test("per-room: a group for each room, and a new one when it has ended", async (t) => {
  const { programs } = programsOf(t, { mode: "per-room" });
  const first = programs.groupFor(route("/a"), {});
  assert.equal(first, programs.groupFor(route("/a"), {}));
  assert.notEqual(first, programs.groupFor(route("/b"), {}));
  await first.drain();
  assert.notEqual(first, programs.groupFor(route("/a"), {}));
});

test("R26: it is full when a client would need one more than there may be", (t) => {
  const { programs } = programsOf(t, { mode: "per-room", maxforks: "1" });
  programs.groupFor(route("/a"), {}).start();
  assert.deepEqual([programs.isFull(route("/a")), programs.isFull(route("/b"))], [false, true]);
});
