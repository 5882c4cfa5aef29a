// The SDK in another runtime: `RUNTIME sdk.mjs URL ROOM`. Speaks with the test in lines of JSON: tells what happens, and does what it reads.
import { Client } from "@openline/client";

const [url, room] = process.argv.slice(2);
const tell = (line) => console.log(JSON.stringify(line));
const client = new Client(url, { user: "Ada", reconnect: { minDelayMs: 50, maxDelayMs: 200 } });
const joined = client.join(room, { presence: true });

client.on("state", (state) => tell({ state }));
joined.on("joined", ({ recovered, replay }) => tell({ recovered: recovered ?? null, replay }));
joined.on("message", ({ data }) => tell({ data }));
joined.on("members", (members) => tell({ members: members.map(({ user }) => user) }));

let rest = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk) => {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {
    if (line === "close") client.close();
    else void joined.publish(JSON.parse(line)).then(({ position }) => tell({ published: typeof position }));
  }
});
process.stdin.on("end", () => client.close());
