import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { FaultProxy } from "@openline/testkit";
import { ServeProcess } from "../browser/serve-process.ts";
import { runtimes } from "./runtimes.ts";

const script = fileURLToPath(new URL("peers/sdk.mjs", import.meta.url));
const patienceMs = 60_000;

/** The SDK in a process of another runtime: what it told, and what it is to do. */
class SdkProcess {
  readonly told: unknown[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  #errors = "";

  constructor(program: string, flags: readonly string[], url: string, room: string) {
    this.#child = spawn(program, [...flags, script, url, room], { cwd: fileURLToPath(new URL("../..", import.meta.url)) });
    this.#child.stderr.on("data", (chunk: Buffer) => (this.#errors += chunk.toString()));
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.told.push(JSON.parse(line)));
  }

  say(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Waits until it has told all of these, whatever else it told. */
  async tells(...expected: readonly unknown[]): Promise<void> {
    const texts = (all: readonly unknown[]): string[] => all.map((line) => JSON.stringify(line));
    const deadline = Date.now() + patienceMs;
    while (texts(expected).some((line) => !texts(this.told).includes(line))) {
      assert.ok(Date.now() < deadline, `waiting for ${texts(expected).join(" ")}, it told ${texts(this.told).join(" ")}; ${this.#errors}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Resolves with its exit code when it has ended by itself. */
  async end(): Promise<unknown> {
    const ended = once(this.#child, "exit");
    this.#child.stdin.end("close\n");
    const timer = setTimeout(() => this.kill(), patienceMs);
    const [code] = await ended;
    clearTimeout(timer);
    return code;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

for (const { name, flags, obtain } of runtimes) {
  const had = await obtain();
  const skip = "reason" in had && process.env["CI"] !== "true" ? had.reason : false;
  test(`${name}: the SDK connects, publishes and receives on its own WebSocket; after a cut exactly what was missed follows; closed, it lets the process end`, {
    skip,
    timeout: 120_000,
  }, async (t) => {
    assert.ok("path" in had, "reason" in had ? had.reason : "");
    const serve = await ServeProcess.start("/");
    t.after(async () => await serve.kill());
    const proxy = await FaultProxy.start(Number(new URL(serve.url).port));
    t.after(async () => await proxy.stop());
    const sdk = new SdkProcess(had.path, flags, `http://127.0.0.1:${proxy.port}/`, name);
    t.after(() => {
      sdk.kill();
    });
    await sdk.tells({ state: "connected" }, { recovered: null, replay: 0 }, { members: ["Ada"] });
    sdk.say(JSON.stringify("你好 👋"));
    await sdk.tells({ data: "你好 👋" }, { published: "string" });
    proxy.refuse();
    proxy.cut();
    await sdk.tells({ state: "waiting" });
    for (const text of ["one", "two"]) assert.equal((await serve.post(name, JSON.stringify(text), "application/json")).status, 201);
    sdk.say(JSON.stringify("three"));
    proxy.refuse(false);
    await sdk.tells({ recovered: true, replay: 2 }, { data: "three" });
    const data = sdk.told.flatMap((line) => (typeof line === "object" && line !== null && "data" in line ? [line.data] : []));
    assert.deepEqual(data, ["你好 👋", "one", "two", "three"]);
    assert.equal(await sdk.end(), 0);
    await sdk.tells({ state: "closed" });
  });
}
