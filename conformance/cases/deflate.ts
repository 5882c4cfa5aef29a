// The tester's own permessage-deflate over node:zlib, one synchronous call per message: the window is kept here and handed over as a
// dictionary, so that a reference beyond what was agreed fails (RFC 7692 §7.2).
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";

/** What the two ends agreed on. Window sizes as powers of two. */
export interface Agreement {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: number;
  readonly clientMaxWindowBits: number;
}

const tail = Buffer.from([0, 0, 0xff, 0xff]);

/** One direction of one connection. */
export class Codec {
  #history: Buffer = Buffer.alloc(0);
  readonly #window: number;
  readonly #takeover: boolean;

  constructor(windowBits: number, takeover: boolean) {
    this.#window = windowBits;
    this.#takeover = takeover;
  }

  deflate(bytes: Uint8Array): Buffer {
    const options = { ...this.#options(), finishFlush: constants.Z_SYNC_FLUSH };
    const data = deflateRawSync(bytes, { ...options, windowBits: Math.max(9, this.#window) });
    this.#remember(bytes);
    return data.subarray(0, data.length - 4);
  }

  /** @throws Error when the bytes are no DEFLATE data or reach back further than the window that was agreed on */
  inflate(bytes: Uint8Array): Buffer {
    // References within zlib's output buffer are not held against the window: a small buffer lets none escape.
    const chunkSize = this.#window < 15 ? 64 : 65_536;
    const options = { ...this.#options(), finishFlush: constants.Z_SYNC_FLUSH, chunkSize };
    const data = inflateRawSync(Buffer.concat([bytes, tail]), { ...options, windowBits: this.#window });
    this.#remember(data);
    return data;
  }

  #options(): { dictionary?: Buffer } {
    return this.#history.length > 0 ? { dictionary: this.#history } : {};
  }

  #remember(bytes: Uint8Array): void {
    if (!this.#takeover) return;
    const all = Buffer.concat([this.#history, bytes]);
    this.#history = all.subarray(Math.max(0, all.length - 2 ** this.#window));
  }
}

/** `name; a; b=1, name` as a list of names with parameters; good enough for well-formed fields. */
function parseExtensionField(value: string): { name: string; params: [string, string | true][] }[] {
  return value.split(",").map((part) => {
    const [name = "", ...params] = part.split(";").map((piece) => piece.trim());
    return { name, params: params.map(parseParam) };
  });
}

function parseParam(text: string): [string, string | true] {
  const at = text.indexOf("=");
  return at < 0
    ? [text, true]
    : [
        text.slice(0, at).trim(),
        text
          .slice(at + 1)
          .trim()
          .replaceAll('"', ""),
      ];
}

/** What a `Sec-WebSocket-Extensions` field of an answer means; undefined when it names no permessage-deflate. */
export function agreementOf(field: string | undefined): Agreement | undefined {
  if (field === undefined) return undefined;
  const chosen = parseExtensionField(field).find((extension) => extension.name === "permessage-deflate");
  if (chosen === undefined) return undefined;
  const params = new Map(chosen.params);
  return {
    serverNoContextTakeover: params.has("server_no_context_takeover"),
    clientNoContextTakeover: params.has("client_no_context_takeover"),
    serverMaxWindowBits: Number(params.get("server_max_window_bits") ?? 15),
    clientMaxWindowBits: Number(params.get("client_max_window_bits") ?? 15),
  };
}

/**
 * What is illegal about an answer to an offer, "" when nothing is (RFC 7692 §7.1). An answer may take up any of the offers; it is legal
 * when it fits one of them.
 */
export function answerFault(offer: string, answer: string): string {
  const answers = parseExtensionField(answer);
  const [chosen] = answers;
  if (answers.length !== 1 || chosen?.name !== "permessage-deflate") return `the answer is ${JSON.stringify(answer)}`;
  const faults = parseExtensionField(offer).map((each) => misfit(new Map(each.params), chosen.params));
  return faults.includes("") ? "" : faults.join("; ");
}

function misfit(offered: Map<string, string | true>, answer: [string, string | true][]): string {
  const params = new Map(answer);
  if (params.size !== answer.length) return "a parameter is given twice";
  for (const [name, value] of params) {
    if (name.endsWith("_no_context_takeover")) {
      if (value !== true) return `${name} has a value`;
    } else if (!/^(?:server|client)_max_window_bits$/.test(name) || !/^(?:[89]|1[0-5])$/.test(String(value))) {
      return `${name}=${value} is not defined`;
    }
  }
  if (offered.has("server_no_context_takeover") && !params.has("server_no_context_takeover"))
    return "server_no_context_takeover is missing";
  const server = offered.get("server_max_window_bits");
  if (server !== undefined && Number(params.get("server_max_window_bits") ?? 15) > Number(server))
    return "the server's window is too large";
  const client = offered.get("client_max_window_bits");
  const answered = params.get("client_max_window_bits");
  if (answered !== undefined && client === undefined) return "client_max_window_bits was not offered";
  if (answered !== undefined && client !== true && Number(answered) > Number(client)) return "the client's window is larger than offered";
  return "";
}
