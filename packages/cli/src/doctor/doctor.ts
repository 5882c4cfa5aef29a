import { driverReport } from "@openline/ws";
import { CommandFailure, listenFailure } from "../failure.ts";
import type { ServeFlags } from "../serve.ts";
import { paint, type Terminal } from "../terminal.ts";
import type { Finding, Standing } from "./finding.ts";
import { thisMachine } from "./machine.ts";
import { machineFindings } from "./machine-checks.ts";
import { proxyFindings } from "./proxy-checks.ts";
import { serverFindings } from "./server-checks.ts";

/**
 * `openline doctor`: looks, and says what it means and what to do.
 * @returns the exit code: 0 nothing is broken, 1 something is
 * @throws CommandFailure for an address or a port that cannot be used (2), or is in use (1)
 */
export async function doctor(url: string | undefined, flags: ServeFlags, terminal: Terminal): Promise<number> {
  const findings = await look(url, flags);
  terminal.out.write(
    flags["json"] === true ? `${JSON.stringify(findings)}\n` : findings.map((finding) => told(finding, terminal)).join(""),
  );
  return findings.some(({ standing }) => standing === "fault") ? 1 : 0;
}

async function look(url: string | undefined, flags: ServeFlags): Promise<Finding[]> {
  const { behind, insecure, port, host } = flags;
  if (typeof behind === "string" && url !== undefined)
    throw new CommandFailure(`--behind has an address of its own: leave out ${JSON.stringify(url)}`, 2);
  if (behind === undefined && (port !== undefined || host !== undefined)) throw new CommandFailure("--port and --host are for --behind", 2);
  if (typeof behind === "string") return await lookBehind(addressIn("--behind", behind), flags);
  if (url !== undefined) return await serverFindings(addressIn("the address", url), insecure === true);
  const [first, ...rest] = machineFindings(thisMachine());
  return [...(first === undefined ? [] : [first]), await driverFinding(), ...rest];
}

async function lookBehind(address: URL, { port: given = "8000", host: wanted, insecure }: ServeFlags): Promise<Finding[]> {
  const port = Number(given);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new CommandFailure(`--port must be a whole number from 1 to 65535, not ${JSON.stringify(given)}`, 2);
  const host = typeof wanted === "string" ? wanted : "localhost";
  try {
    return await proxyFindings(address, port, host, insecure === true);
  } catch (error) {
    throw listenFailure(error, host, port);
  }
}

function addressIn(what: string, text: string): URL {
  try {
    const url = new URL(text);
    if (!url.pathname.endsWith("/")) url.pathname += "/";
    if (url.protocol === "http:" || url.protocol === "https:") return url;
  } catch {
    // Said below.
  }
  throw new CommandFailure(`${what} must begin with http:// or https://, not ${JSON.stringify(text)}`, 2);
}

async function driverFinding(): Promise<Finding> {
  const report = await driverReport();
  const what = "socket driver";
  if (report.driver === "fast") return { what, standing: "ok", found: "fast: this Node's sockets have what it asks of them" };
  const means = "everything works, at about the cost of other servers on Node";
  return { what, standing: "note", found: `portable: ${report.reason}`, means };
}

const marks: Readonly<Record<Standing, readonly [string, "bold" | "dim" | "cyan" | "yellow"]>> = {
  ok: ["ok     ", "dim"],
  note: ["note   ", "cyan"],
  warning: ["warning", "yellow"],
  fault: ["FAULT  ", "bold"],
};

function told({ what, standing, found, means, remedy }: Finding, terminal: Terminal): string {
  const [mark, style] = marks[standing];
  const lines = [`${paint(terminal, style, mark)}  ${what}: ${found}`];
  if (means !== undefined) lines.push(`         ${means}`);
  if (remedy !== undefined) lines.push(`         ${paint(terminal, "bold", "do:")} ${remedy}`);
  return `${lines.join("\n")}\n`;
}
