import { connect, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";

/** What may be done to a Redis, by a flag that names it. Each touches every client of that server, not only Openline. */
export const brokerFaults = ["cut", "pause", "hang"] as const;

/** One of {@link brokerFaults}. */
export type BrokerFault = (typeof brokerFaults)[number];

/** What each fault sends. `hang` outlasts the 5 s within which a hub notices a server that does not answer. */
const commands: Readonly<Record<BrokerFault, readonly (readonly string[])[]>> = {
  cut: [
    ["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"],
    ["CLIENT", "KILL", "TYPE", "pubsub"],
  ],
  pause: [["CLIENT", "PAUSE", "2000", "ALL"]],
  hang: [["DEBUG", "SLEEP", "6"]],
};

/** What each fault does, for people. */
export const faultTexts: Readonly<Record<BrokerFault, string>> = {
  cut: "every connection to Redis is cut (CLIENT KILL)",
  pause: "Redis serves nobody for 2 s (CLIENT PAUSE)",
  hang: "Redis hangs for 6 s (DEBUG SLEEP)",
};

const patienceMs = 10_000;

/** Why Redis could not be asked, or what it answered instead. */
export class RedisFault extends Error {}

/** Reads which server stands at the address, without changing anything. @throws RedisFault */
export async function redisVersion(url: string): Promise<string> {
  const answer = await ask(url, [["INFO", "server"]]);
  return /redis_version:(\S+)/.exec(answer)?.[1] ?? "of an unknown version";
}

/** Does a fault. Resolves when Redis has taken the command. @throws RedisFault */
export async function injectFault(url: string, fault: BrokerFault): Promise<void> {
  await ask(url, commands[fault]);
}

/** Asks on a connection of its own, one command after another, and gives the last answer as it is on the wire. */
async function ask(url: string, list: readonly (readonly string[])[]): Promise<string> {
  const { hostname, port, protocol, username, password } = new URL(url);
  const isSecure = protocol === "rediss:";
  const host = hostname.replace(/^\[|\]$/g, "");
  const socket = isSecure ? connectSecurely({ host, port: Number(port || 6379), servername: host }) : connect(Number(port || 6379), host);
  const heard = new Answers(socket);
  try {
    const user = username === "" ? [] : [decodeURIComponent(username)];
    if (password !== "") await heard.to(["AUTH", ...user, decodeURIComponent(password)]);
    let answer = "";
    for (const command of list) answer = await heard.to(command);
    return answer;
  } finally {
    socket.destroy();
  }
}

/** One answer after another. Whatever ends the socket ends the wait. */
class Answers {
  readonly #socket: Socket;
  #resolve: (answer: string) => void = () => {};
  #reject: (error: RedisFault) => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (data: Buffer) => this.#resolve(data.toString()));
    socket.on("error", (error) => this.#reject(new RedisFault(error.message, { cause: error })));
    socket.on("close", () => this.#reject(new RedisFault("the connection was closed")));
    socket.setTimeout(patienceMs, () => this.#reject(new RedisFault(`no answer within ${patienceMs / 1000} s`)));
  }

  async to(command: readonly string[]): Promise<string> {
    const answered = new Promise<string>((resolve, reject) => {
      [this.#resolve, this.#reject] = [resolve, reject];
    });
    const parts = command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
    this.#socket.write(`*${command.length}\r\n${parts.join("")}`);
    const answer = await answered;
    if (answer.startsWith("-")) throw new RedisFault(`${command.slice(0, 2).join(" ")}: ${answer.slice(1).split("\r\n")[0]}`);
    return answer;
  }
}
