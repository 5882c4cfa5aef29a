import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { CommandFailure } from "../failure.ts";
import type { Terminal } from "../terminal.ts";
import type { ConnectFlagValues } from "./connect-flags.ts";
import { type ConnectSettings, readConnectSettings } from "./connect-settings.ts";
import { Conversation } from "./conversation.ts";
import type { OpenLine } from "./line.ts";
import { ListenOutput, type Output, PeopleOutput, PipeOutput, type Screen } from "./output.ts";
import { Prompt, promptHelp, readOrder } from "./prompt.ts";
import { sockJsUrl } from "./sockjs-frames.ts";
import { SockJsLine } from "./sockjs-line.ts";
import { WebSocketLine } from "./websocket-line.ts";

/** A terminal, or the pipes of a script, with an input. */
export interface ConnectTerminal extends Terminal {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly out: Writable;
}

/**
 * Talks to a server until either side ends it.
 * @returns the exit code: see {@link Conversation} and the command's help
 * @throws CommandFailure with exit code 2 for flags that cannot be used
 */
export async function connect(url: string, flags: ConnectFlagValues, terminal: ConnectTerminal): Promise<number> {
  const settings = readConnectSettings(url, flags, terminal.environment);
  const open = await lineOf(settings);
  const isInteractive = terminal.isInteractive && terminal.input.isTTY === true && !settings.listen;
  return isInteractive ? talk(settings, open, terminal) : pass(settings, open, terminal);
}

async function lineOf(settings: ConnectSettings): Promise<OpenLine> {
  const { hub, sockjs } = settings;
  try {
    if (hub !== undefined) {
      // Only those who join a room need the client.
      const { HubLine } = await import("./hub-line.ts");
      return (events) => new HubLine({ ...settings, hub }, events);
    }
    if (sockjs === undefined) return (events) => new WebSocketLine(settings, events);
    return (events) => new SockJsLine((own) => new WebSocketLine({ ...settings, url: sockJsUrl(settings.url) }, own), sockjs, events);
  } catch (error) {
    throw usage(error);
  }
}

/** What the classes below refuse was a wrong call. */
function usage(error: unknown): unknown {
  return error instanceof CommandFailure || !(error instanceof Error) ? error : new CommandFailure(error.message, 2);
}

function begin(settings: ConnectSettings, open: OpenLine, output: Output): Conversation {
  try {
    return new Conversation(settings, open, output);
  } catch (error) {
    throw usage(error);
  }
}

// ---- with somebody at the keyboard

async function talk(settings: ConnectSettings, open: OpenLine, terminal: ConnectTerminal): Promise<number> {
  let conversation: Conversation | undefined;
  let wasAsked = false;
  const prompt = new Prompt(
    terminal.input,
    terminal.out,
    (line) => {
      if (conversation !== undefined) obey(line, conversation, output);
    },
    () => {
      if (wasAsked) process.exit(130);
      wasAsked = true;
      conversation?.end();
    },
  );
  const output = new PeopleOutput(settings, prompt, terminal);
  try {
    conversation = begin(settings, open, output);
    return await conversation.over;
  } finally {
    wasAsked = false;
    prompt.close();
    terminal.input.destroy();
  }
}

function obey(line: string, conversation: Conversation, output: Output): void {
  const order = readOrder(line);
  switch (order.kind) {
    case "send":
      if (!conversation.isOpen) output.note("waits for the connection");
      return void conversation.send(order.text);
    case "send-bytes":
      return void conversation.send(order.bytes);
    case "send-file":
      return sendFile(order.file, conversation, output);
    case "ping":
      return conversation.ping();
    case "close": {
      const fault = conversation.end(order.code, order.reason === "" ? undefined : order.reason);
      return fault === undefined ? undefined : output.note(fault);
    }
    case "fault":
      return output.note(order.message);
    case "help":
      for (const text of promptHelp) output.note(text);
  }
}

function sendFile(file: string, conversation: Conversation, output: Output): void {
  try {
    void conversation.send(readFileSync(file));
  } catch (error) {
    output.note(error instanceof Error ? error.message : String(error));
  }
}

// ---- in a pipe

async function pass(settings: ConnectSettings, open: OpenLine, terminal: ConnectTerminal): Promise<number> {
  const screen = pipeScreen(terminal);
  const shown = terminal.isInteractive ? new PeopleOutput(settings, screen, terminal) : new PipeOutput(settings, screen);
  const output = settings.listen ? new ListenOutput(settings, screen) : shown;
  const conversation = begin(settings, open, output);
  let wasAsked = false;
  const onSignal = (): void => {
    if (wasAsked) process.exit(130);
    wasAsked = true;
    conversation.end();
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, onSignal);
  if (!settings.listen) void readInput(conversation, terminal.input);
  const code = await conversation.over;
  for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, onSignal);
  terminal.input.destroy();
  return code;
}

function pipeScreen({ out, err }: ConnectTerminal): Screen {
  return {
    out: (text) => void out.write(`${text}\n`),
    err: (text) => void err.write(`${text}\n`),
    bytes: (bytes) => void out.write(bytes),
  };
}

/** Each line is a message. The next one is read when the one before is on its way, so that a slow server holds the pipe back. */
async function readInput(conversation: Conversation, input: Readable): Promise<void> {
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) await conversation.send(line);
  await conversation.finish();
}
