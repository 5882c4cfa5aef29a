import type { IncomingMessage, ServerResponse } from "node:http";
import { dirname } from "node:path";
import type { AccessLog, LogFields } from "./access-log.ts";
import { headEnd, readCgiHead } from "./cgi-response.ts";
import { ChildProgram } from "./child-program.ts";
import type { Environment } from "./environment.ts";
import type { ForkCap } from "./fork-cap.ts";
import { answer } from "./http-answer.ts";
import { LineSplitter } from "./line-splitter.ts";

/** What a call is made of. */
export interface CgiCallOptions {
  /** Links resolved. */
  readonly file: string;
  readonly env: Environment;
  readonly forks: ForkCap;
  readonly closeMs: number;
  readonly log: AccessLog;
  readonly fields: LogFields;
}

/** A head that does not end is none. */
const mostHeadBytes = 65_536;

/**
 * Runs a CGI program in its own directory for one request: the body is its input, its output the answer, both as fast as the other side takes them. A client that
 * goes ends it.
 */
export function callCgi(
  request: IncomingMessage,
  response: ServerResponse,
  { file, env, forks, closeMs, log, fields }: CgiCallOptions,
): void {
  if (!forks.take()) return answer(response, 429, "Too many programs run");
  let head: Buffer | undefined = Buffer.alloc(0);
  const stderr = new LineSplitter(mostHeadBytes, "cut", (line) => log.write("error", "stderr", line.toString(), fields));
  const fail = (text: string): void => {
    log.write("error", "cgi", text, fields);
    head = undefined;
    if (!response.headersSent) answer(response, 500, "The program did not answer as a CGI program does");
    program.end();
  };
  const output = (chunk: Buffer): void => {
    if (response.headersSent) return pass(chunk);
    if (head === undefined) return;
    head = Buffer.concat([head, chunk]);
    const at = headEnd(head);
    if (at === undefined) return head.length > mostHeadBytes ? fail(`its head is longer than ${mostHeadBytes} bytes`) : undefined;
    const read = readCgiHead(head.toString("latin1", 0, at.end));
    if (read === undefined) return fail("its head is none: Content-Type, Location or Status was expected");
    for (const [name, value] of read.fields) response.appendHeader(name, value);
    response.writeHead(read.status, read.phrase === "" ? undefined : read.phrase);
    const body = head.subarray(at.body);
    head = undefined;
    if (body.length > 0) pass(body);
  };
  const pass = (chunk: Buffer): void => {
    if (request.method !== "HEAD" && !response.write(chunk)) program.pauseOutput(false);
  };
  const program = new ChildProgram(
    { file, args: [], env, cwd: dirname(file) },
    {
      stdout: output,
      stderr: (chunk) => void stderr.push(chunk),
      writable: () => void request.resume(),
      ended: ({ error }) => {
        forks.release();
        stderr.end();
        if (response.headersSent) response.end();
        else if (head !== undefined) fail(error?.message ?? "it ended without an answer");
      },
    },
    closeMs,
  );
  response.on("drain", () => program.resumeOutput());
  response.on("close", () => {
    if (program.isOver) return;
    program.resumeOutput();
    program.end();
  });
  request.on("data", (chunk: Buffer) => {
    if (!program.write(chunk)) request.pause();
  });
  request.on("end", () => program.closeInput());
}
