import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

/** One call that the application's backend was asked with. */
export interface BackendCall {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: { readonly [key: string]: unknown };
}

/** A backend of the application, in a test's hands. */
export interface Backend {
  readonly url: string;
  readonly calls: BackendCall[];
  /** Answers a call; 204 by default. */
  answer: (call: BackendCall, response: ServerResponse) => void;
  /** Resolves when there were so many calls. */
  readonly called: (count: number) => Promise<void>;
  readonly close: () => Promise<void>;
  /** Listens again, on the same port. */
  readonly reopen: () => Promise<void>;
}

/** Starts a backend on a free port; closed with the test. */
export async function startBackend(t: TestContext): Promise<Backend> {
  const calls: BackendCall[] = [];
  let wake: () => void = () => undefined;
  const http = createServer((request, response) => {
    void serve(request, response);
  });
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await read(request);
    const call = { headers: request.headers, text, body: JSON.parse(text) };
    calls.push(call);
    backend.answer(call, response);
    wake();
  };
  const listen = (port: number): Promise<void> => new Promise((resolve) => void http.listen(port, "127.0.0.1", resolve));
  await listen(0);
  const { port } = http.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      http.close(() => resolve());
      http.closeAllConnections();
    });
  t.after(close);
  const backend: Backend = {
    url: `http://127.0.0.1:${port}/hook`,
    calls,
    answer: (_call, response) => void response.writeHead(204).end(),
    called: async (count) => {
      while (calls.length < count)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    },
    close,
    reopen: () => listen(port),
  };
  return backend;
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
