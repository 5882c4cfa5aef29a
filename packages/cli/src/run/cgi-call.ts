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
 * Runs a CGI program in its own directory for one request: the body is its input, its output the answer, both as fast as the other side takes them. A client
 * that goes ends it.
 */
export function callCgi(request: IncomingMessage, response: ServerResponse, options: CgiCallOptions): void {
  if (options.forks.take()) new CgiCall(request, response, options).start();
  else answer(response, 429, "Too many programs run");
}

/** One request and its program. */
class CgiCall {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #options: CgiCallOptions;
  readonly #program: ChildProgram;
  readonly #stderr: LineSplitter;
  /** What came of the head; undefined when it is complete, or will never be. */
  #head: Buffer | undefined = Buffer.alloc(0);

  constructor(request: IncomingMessage, response: ServerResponse, options: CgiCallOptions) {
    const { file, env, closeMs, log, fields } = options;
    this.#request = request;
    this.#response = response;
    this.#options = options;
    this.#stderr = new LineSplitter(mostHeadBytes, "cut", (line) => log.write("error", "stderr", line.toString(), fields));
    this.#program = new ChildProgram(
      { file, args: [], env, cwd: dirname(file) },
      {
        stdout: (chunk) => this.#output(chunk),
        stderr: (chunk) => void this.#stderr.push(chunk),
        writable: () => void request.resume(),
        ended: ({ error }) => this.#ended(error),
      },
      closeMs,
    );
  }

  start(): void {
    const program = this.#program;
    this.#response.on("drain", () => program.resumeOutput());
    this.#response.on("close", () => {
      if (program.isOver) return;
      // Nobody is there to read: what it still says must not hold it.
      program.resumeOutput();
      program.end();
    });
    this.#request.on("data", (chunk: Buffer) => {
      if (!program.write(chunk)) this.#request.pause();
    });
    this.#request.on("end", () => program.closeInput());
  }

  #output(chunk: Buffer): void {
    if (this.#response.headersSent) return this.#pass(chunk);
    if (this.#head === undefined) return;
    this.#head = Buffer.concat([this.#head, chunk]);
    const at = headEnd(this.#head);
    if (at !== undefined) this.#begin(this.#head, at);
    else if (this.#head.length > mostHeadBytes) this.#fail(`its head is longer than ${mostHeadBytes} bytes`);
  }

  #begin(bytes: Buffer, at: { readonly end: number; readonly body: number }): void {
    const head = readCgiHead(bytes.toString("latin1", 0, at.end));
    if (head === undefined) return this.#fail("its head is none: Content-Type, Location or Status was expected");
    this.#head = undefined;
    for (const [name, value] of head.fields) this.#response.appendHeader(name, value);
    this.#response.writeHead(head.status, head.phrase === "" ? undefined : head.phrase);
    if (bytes.length > at.body) this.#pass(bytes.subarray(at.body));
  }

  #pass(chunk: Buffer): void {
    if (this.#request.method !== "HEAD" && !this.#response.write(chunk)) this.#program.pauseOutput(false);
  }

  #ended(error: Error | undefined): void {
    this.#options.forks.release();
    this.#stderr.end();
    if (this.#response.headersSent) this.#response.end();
    else if (this.#head !== undefined) this.#fail(error?.message ?? "it ended without an answer");
  }

  #fail(text: string): void {
    this.#options.log.write("error", "cgi", text, this.#options.fields);
    this.#head = undefined;
    if (!this.#response.headersSent) answer(this.#response, 500, "The program did not answer as a CGI program does");
    this.#program.end();
  }
}
