import type { ClientMessage, ServerMessage } from "@openline/wire";
import { ClientError } from "./errors.ts";

/** A message of which a field that may be missing may be undefined as well: the text has no such field. */
export type Sparse<M> = M extends unknown ? { readonly [K in keyof M]: M[K] | Missing<M, K> } : never;

/** A request without its number. */
export type Unnumbered<M> = M extends { readonly ref?: number } ? Sparse<Omit<M, "ref">> : never;

type Missing<M, K extends keyof M> = Partial<Pick<M, K>> extends Pick<M, K> ? undefined : never;

/** A request that the server answers. */
export type Request = Unnumbered<Exclude<ClientMessage, { readonly type: "connect" | "refresh" | "ping" | "pong" }>>;

/** Gets the answer, or why there is none. Called once, in the order of the inbound messages: a promise would come too late for what follows `joined`. */
export type Answer = (answer: ServerMessage | ClientError) => void;

/** Numbers requests and brings each answer to its asker. A request lives no longer than its connection. */
export class Requests {
  readonly #send: (text: string) => boolean;
  readonly #waiting = new Map<number, Answer>();
  #lastRef = 0;

  constructor(send: (text: string) => boolean) {
    this.#send = send;
  }

  /** A number that no other message of this client has. 0 is the one of `connect`. */
  nextRef(): number {
    return ++this.#lastRef;
  }

  /** Sends a request. Returns false, and never answers, when there is no connection. */
  ask(request: Request, answer: Answer): boolean {
    const ref = this.nextRef();
    this.#waiting.set(ref, answer);
    if (this.#send(JSON.stringify({ ...request, ref }))) return true;
    this.#waiting.delete(ref);
    return false;
  }

  /** Brings an answer to its asker. Returns whether there was one. */
  answer(ref: number, answer: ServerMessage | ClientError): boolean {
    const waiting = this.#waiting.get(ref);
    if (waiting === undefined) return false;
    this.#waiting.delete(ref);
    waiting(answer);
    return true;
  }

  /** The connection is gone: no answer will come. */
  down(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const answer of waiting) answer(new ClientError("disconnected"));
  }
}

/**
 * Sends a request by `asker`. The promise resolves with what `read` takes from the answer of `type`; it is called in the very turn in which the answer comes,
 * before anything that follows it. Rejects with a ClientError: `not-connected`, `disconnected`, `bad-server-message` for any other answer, or the server's code.
 */
export function inquire<T extends ServerMessage["type"], R>(
  asker: Pick<Requests, "ask">,
  request: Request,
  type: T,
  read: (answer: Extract<ServerMessage, { readonly type: T }>) => R,
): Promise<R> {
  return new Promise((resolve, reject) => {
    const sent = asker.ask(request, (answer) => {
      if (answer instanceof ClientError) reject(answer);
      else if (isOf(answer, type)) resolve(read(answer));
      else reject(new ClientError("bad-server-message", `${request.type} was answered with ${JSON.stringify(answer.type)}`));
    });
    if (!sent) reject(new ClientError("not-connected"));
  });
}

/** What a message says, without what brought it here: its type, its number, its room, and the link to the one before it. */
export function contentOf<M extends Envelope>({ type: _type, ref: _ref, room: _room, previous: _previous, ...content }: M): Content<M> {
  return content;
}

interface Envelope {
  readonly type?: string;
  readonly ref?: number;
  readonly room?: string;
  readonly previous?: string | null;
}

type Content<M> = Omit<M, keyof Envelope>;

function isOf<T extends ServerMessage["type"]>(message: ServerMessage, type: T): message is Extract<ServerMessage, { readonly type: T }> {
  return message.type === type;
}
