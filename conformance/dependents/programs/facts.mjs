// What the programs share: they tell what they found as one line of JSON.
import { once } from "node:events";

const deadlineMs = 20_000;
setTimeout(() => {
  process.stderr.write(`not through after ${deadlineMs / 1000} s\n`);
  process.exit(1);
}, deadlineMs).unref();

export function tell(facts) {
  process.stdout.write(`${JSON.stringify(facts)}\n`);
}

/** Listens on a free loopback port and resolves with it. */
export async function listen(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server.address().port;
}
