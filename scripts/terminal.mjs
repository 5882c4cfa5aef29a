// What the scripts say and how they run other programs. Node's own modules only: this runs before anything is installed.
import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout's top folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const colour = process.stdout.isTTY === true && !process.env.NO_COLOR;
const paint = (code) => (text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
export const bold = paint("1");
export const red = paint("31");
export const green = paint("32");
export const dim = paint("2");

/** Says what begins now, on a line of its own. */
export function say(text) {
  process.stdout.write(`${bold("openline")} ${text}\n`);
}

/** Ends the process group of `child` when we are asked to end; returns what takes that back. */
function endWithUs(child) {
  const end = (signal) => {
    process.kill(-child.pid, "SIGKILL");
    process.exit(signal === "SIGINT" ? 130 : 143);
  };
  process.on("SIGINT", end).on("SIGTERM", end);
  return () => process.off("SIGINT", end).off("SIGTERM", end);
}

/**
 * Runs a program in the checkout (or `cwd`) and resolves with its exit code and, when `capture` is set, what it printed.
 * Without `capture` its output goes to ours. A program that cannot be started has the code 127; one that outlives `timeoutMs` is
 * ended with its whole process group and has the code 124.
 */
export function run(command, args, { cwd = root, env = {}, capture = false, timeoutMs = 0 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", capture ? "pipe" : "inherit", capture ? "pipe" : "inherit"],
      detached: timeoutMs > 0,
    });
    let output = "";
    let timedOut = false;
    const timer = timeoutMs > 0 ? setTimeout(expire, timeoutMs) : undefined;
    const letGo = timeoutMs > 0 ? endWithUs(child) : () => {};
    function expire() {
      timedOut = true;
      process.kill(-child.pid, "SIGKILL");
    }
    child.stdout?.on("data", (chunk) => (output += chunk));
    child.stderr?.on("data", (chunk) => (output += chunk));
    child.once("error", (error) => finish(127, String(error)));
    child.once("close", (code) => finish(timedOut ? 124 : (code ?? 1), output));
    function finish(code, text) {
      clearTimeout(timer);
      letGo();
      resolve({ code, output: text });
    }
  });
}

/** Like {@link run}, but ends the process with a clear line when the program fails. */
export async function must(what, command, args, options) {
  const { code, output } = await run(command, args, options);
  if (code === 0) return output;
  if (output) process.stdout.write(output);
  process.stderr.write(`${red("failed")} ${what}: ${command} ${args.join(" ")} exited with ${code}\n`);
  process.exit(1);
}

/** "1.2 s" or "2 min 5 s" since `from`. */
export function since(from) {
  const seconds = (Date.now() - from) / 1000;
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
