// Plays one case against one endpoint and gives the verdict.
import type { Socket } from "node:net";
import type { Agent, Report } from "./agents.ts";
import type { Answer, Case, Conversation, Request, Settings, Side } from "./case.ts";
import { play } from "./conversation.ts";
import { agreementOf, answerFault } from "./deflate.ts";
import { acceptFor, answerText, connectTo, type Head, listenOnce, readHead, requestText } from "./opening.ts";
import { patience } from "./patience.ts";
import { Speaker } from "./speaker.ts";

export type Verdict = "OK" | "non-strict" | "failed";

export interface Result {
  readonly verdict: Verdict;
  /** Why it is not OK; "" when it is. */
  readonly why: string;
}

/** What was noticed while a case was played. */
export class Notes {
  readonly failures: string[] = [];
  readonly lapses: string[] = [];

  /** No RFC allows it. */
  fail(what: string): void {
    this.failures.push(what);
  }

  /** Allowed, but not the best. */
  lapse(what: string): void {
    this.lapses.push(what);
  }

  result(): Result {
    if (this.failures.length > 0) return { verdict: "failed", why: this.failures.join("; ") };
    if (this.lapses.length > 0) return { verdict: "non-strict", why: this.lapses.join("; ") };
    return { verdict: "OK", why: "" };
  }
}

const openingMs = 12_000;
let serial = 0;

export function fits(each: Case, side: Side): boolean {
  if (each.kind === "request") return side === "server";
  if (each.kind === "answer") return side === "client";
  return each.sides?.includes(side) ?? true;
}

export async function runCase(each: Case, side: Side, agent: Agent): Promise<Result> {
  const notes = new Notes();
  try {
    if (each.kind === "request") await runRequest(each, agent, notes);
    else if (each.kind === "answer") await runAnswer(each, agent, notes);
    else if (side === "server") await talkToServer(each, agent, notes);
    else await talkToClient(each, agent, notes);
  } catch (error) {
    notes.fail(String(error));
  }
  return notes.result();
}

function settingsOf(each: Conversation): Settings {
  const compression = each.compression === undefined ? {} : { perMessageDeflate: { threshold: 0 } };
  return { ...compression, ...each.settings };
}

async function talkToServer(each: Conversation, agent: Agent, notes: Notes): Promise<void> {
  const port = await agent.serve(settingsOf(each));
  const socket = await connectTo(port);
  try {
    const path = `/${each.id}/${++serial}`;
    const offer = each.compression?.offer;
    socket.write(requestText(path, port, { "Sec-WebSocket-Extensions": offer }));
    const head = await readHead(socket, openingMs);
    if (head === undefined) return notes.fail("the opening request is not answered");
    const answer = head.fields.get("sec-websocket-extensions");
    if (!head.line.startsWith("HTTP/1.1 101 ")) return notes.fail(`the answer is ${head.line}`);
    const agreement = checkAgreement(offer, answer, notes);
    const speaker = new Speaker(socket, "client", agreement, head.rest);
    const report = (): Promise<Report | undefined> => Promise.resolve(agent.report(path));
    if (notes.failures.length === 0) await play(each.steps, { speaker, notes, side: "server", report });
  } finally {
    socket.destroy();
  }
}

function checkAgreement(offer: string | undefined, answer: string | undefined, notes: Notes): ReturnType<typeof agreementOf> {
  const fault = offer !== undefined && answer !== undefined ? answerFault(offer, answer) : "";
  if (fault !== "") notes.fail(`the offer ${offer} is answered with ${answer}: ${fault}`);
  else if (offer === undefined && answer !== undefined) notes.fail(`nothing was offered, and the answer has the extensions ${answer}`);
  else if (offer !== undefined && answer === undefined) notes.fail(`the offer ${offer} is declined`);
  return agreementOf(answer);
}

async function talkToClient(each: Conversation, agent: Agent, notes: Notes): Promise<void> {
  const opened = await meetClient(each, settingsOf(each), agent);
  if (opened.request === undefined) return notes.fail(`no opening request came: ${opened.report.errors.join(", ")}`);
  try {
    const answer = each.compression?.answer;
    const offered = opened.request.fields.get("sec-websocket-extensions");
    const fault = answer === undefined ? "" : answerFault(offered ?? "", answer);
    if (fault !== "") return notes.fail(`the client offers ${offered}, which does not allow ${answer}: ${fault}`);
    const speaker = new Speaker(opened.socket, "server", agreementOf(answer), opened.request.rest);
    opened.socket.write(answerText(opened.request, { "Sec-WebSocket-Extensions": answer }));
    await play(each.steps, { speaker, notes, side: "client", report: () => Promise.resolve(opened.report) });
  } finally {
    opened.socket.destroy();
  }
}

async function meetClient(each: Case, settings: Settings, agent: Agent) {
  const door = await listenOnce();
  const report = agent.connect(`ws://127.0.0.1:${door.port}/${each.id}?x=1`, settings);
  const socket = await door.connection;
  door.close();
  return { report, socket, request: await readHead(socket, openingMs) };
}

async function runRequest(each: Request, agent: Agent, notes: Notes): Promise<void> {
  const port = await agent.serve(each.settings ?? {});
  const socket = await connectTo(port);
  try {
    const text = requestText(`/${each.id}/${++serial}`, port, each.fields ?? {}, each.line, each.extra);
    socket.write(text, "latin1");
    const head = await readHead(socket, openingMs);
    if (head === undefined) return notes.fail("there is no answer");
    judgeAnswer(each, head, text, notes);
    if (!head.line.startsWith("HTTP/1.1 101 ") && !each.mayStay) return await expectEnd(socket, notes);
  } finally {
    socket.destroy();
  }
}

function judgeAnswer(each: Request, head: Head, request: string, notes: Notes): void {
  const status = Number(head.line.split(" ")[1]);
  if (!each.status.includes(status)) {
    if (each.lawful?.includes(status)) notes.lapse(`the status is ${status}, not ${each.status.join(" or ")}`);
    else return notes.fail(`the status is ${status}, not ${each.status.join(" or ")}`);
  }
  judgeFields(each.answer, head, notes);
  const offer = /^Sec-WebSocket-Extensions: (.*)$/im.exec(request)?.[1] ?? "";
  if (each.extensions !== undefined) judgeExtensions(each.extensions, offer, head.fields.get("sec-websocket-extensions"), notes);
  if (status !== 101) return;
  const key = /^Sec-WebSocket-Key: *(.*?) *$/im.exec(request)?.[1] ?? "";
  if (head.fields.get("sec-websocket-accept") !== acceptFor(key)) notes.fail("the accept value is wrong");
}

function judgeExtensions(wanted: "accepted" | "declined" | "either", offer: string, answer: string | undefined, notes: Notes): void {
  if (wanted === "declined" && answer !== undefined) notes.fail(`the offer is accepted: ${answer}`);
  if (wanted === "accepted" && answer === undefined) notes.lapse("the offer is declined");
  const fault = answer === undefined || wanted === "declined" ? "" : answerFault(offer, answer);
  if (fault !== "") notes.fail(`${offer} is answered with ${answer}: ${fault}`);
}

function judgeFields(wanted: Readonly<Record<string, RegExp | undefined>> | undefined, head: Head, notes: Notes): void {
  for (const [name, pattern] of Object.entries(wanted ?? {})) {
    const value = head.fields.get(name);
    const good = pattern === undefined ? value === undefined : value !== undefined && pattern.test(value);
    if (!good) notes.fail(`the field ${name} is ${JSON.stringify(value)}, not ${pattern ?? "absent"}`);
  }
}

async function expectEnd(socket: Socket, notes: Notes): Promise<void> {
  socket.resume();
  if (socket.readableEnded || socket.destroyed) return;
  const { over, end } = patience(openingMs);
  const hasEnded = new Promise<boolean>((resolve) => socket.once("end", () => resolve(true)).once("close", () => resolve(true)));
  const isOver = await Promise.race([hasEnded, over]);
  end();
  if (isOver !== true) notes.fail("the connection stays open after the refusal");
}

async function runAnswer(each: Answer, agent: Agent, notes: Notes): Promise<void> {
  const { report, socket, request } = await meetClient(each, each.settings ?? {}, agent);
  if (request === undefined) return notes.fail(`no opening request came: ${report.errors.join(", ")}`);
  try {
    if (each.requestLine && !each.requestLine.test(request.line)) notes.fail(`the request line is ${request.line}`);
    judgeFields(each.request, request, notes);
    const speaker = new Speaker(socket, "server", undefined, request.rest);
    const head = Buffer.from(answerText(request, each.fields ?? {}, each.line), "latin1");
    socket.write(Buffer.concat([head, speaker.encode(each.trailing ?? [])]));
    const outcome = await outcomeOf(speaker, report, each.outcome);
    if (outcome === each.outcome) return;
    const what = `the connection ${outcome === "open" ? "is open" : `failed (${report.errors.join(", ")})`}`;
    if (each.lawful) notes.lapse(what);
    else notes.fail(what);
  } finally {
    socket.destroy();
  }
}

/** An open client answers a ping; one that failed ends the connection and says so. */
async function outcomeOf(speaker: Speaker, report: Report, wanted: "open" | "failed"): Promise<"open" | "failed"> {
  if (wanted === "open") {
    await speaker.write(speaker.encode([{ opcode: 9, payload: Buffer.from("there?") }]));
    for (let seen = await speaker.next(openingMs); seen !== undefined; seen = await speaker.next(openingMs)) {
      if (seen.kind === "pong") return "open";
      if (seen.kind === "end" || seen.kind === "reset") return "failed";
    }
    return "failed";
  }
  const seen = await speaker.next(openingMs);
  return (seen?.kind === "end" || seen?.kind === "reset" || seen?.kind === "close") && !report.opened ? "failed" : "open";
}
