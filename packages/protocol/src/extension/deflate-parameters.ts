import type { ExtensionParams } from "./message-extension.ts";

/** The parameters of permessage-deflate as one offer or answer names them (RFC 7692 §7.1). Windows in bits: 8 to 15. */
export interface DeflateParameters {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: number | undefined;
  /** `true`: the client only says that it understands the parameter. Not in answers. */
  readonly clientMaxWindowBits: number | true | undefined;
}

const SERVER_TAKEOVER = "server_no_context_takeover";
const CLIENT_TAKEOVER = "client_no_context_takeover";
const SERVER_WINDOW = "server_max_window_bits";
const CLIENT_WINDOW = "client_max_window_bits";

// Decimal, without leading zeros (RFC 7692 §7.1.2.1).
const WINDOW_BITS = /^(?:[89]|1[0-5])$/;

/** Reads the parameters of an offer or an answer; a string says what is wrong: unknown, given twice, a bad value (RFC 7692 §7.1). */
export function readDeflateParameters(params: ExtensionParams, from: "offer" | "answer"): DeflateParameters | string {
  const values = new Map(params);
  if (values.size !== params.length) return "a parameter is given twice";
  for (const [name, value] of params) {
    if (!isValid(name, value, from)) return value === true ? name : `${name}=${value}`;
  }
  const clientWindow = values.get(CLIENT_WINDOW);
  return {
    serverNoContextTakeover: values.has(SERVER_TAKEOVER),
    clientNoContextTakeover: values.has(CLIENT_TAKEOVER),
    serverMaxWindowBits: bitsOf(values.get(SERVER_WINDOW)),
    clientMaxWindowBits: clientWindow === true ? true : bitsOf(clientWindow),
  };
}

function isValid(name: string, value: string | true, from: "offer" | "answer"): boolean {
  switch (name) {
    case SERVER_TAKEOVER:
    case CLIENT_TAKEOVER:
      return value === true;
    case SERVER_WINDOW:
      return value !== true && WINDOW_BITS.test(value);
    case CLIENT_WINDOW:
      return value === true ? from === "offer" : WINDOW_BITS.test(value);
    default:
      return false;
  }
}

function bitsOf(value: string | true | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

/** Writes parameters the way {@link readDeflateParameters} reads them. */
export function writeDeflateParameters(parameters: DeflateParameters): ExtensionParams {
  const params: [string, string | true][] = [];
  if (parameters.serverNoContextTakeover) params.push([SERVER_TAKEOVER, true]);
  if (parameters.clientNoContextTakeover) params.push([CLIENT_TAKEOVER, true]);
  const { serverMaxWindowBits, clientMaxWindowBits } = parameters;
  if (serverMaxWindowBits !== undefined) params.push([SERVER_WINDOW, String(serverMaxWindowBits)]);
  if (clientMaxWindowBits !== undefined) params.push([CLIENT_WINDOW, clientMaxWindowBits === true ? true : String(clientMaxWindowBits)]);
  return params;
}
