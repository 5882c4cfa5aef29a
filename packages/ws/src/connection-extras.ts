import type { MachineOptions } from "@openline/protocol";
import type { CodecExchange } from "./codec-exchange.ts";
import type { StreamSink } from "./connection-owner.ts";
import type { MessageCodec } from "./message-codec.ts";
import type { WaitingCallback } from "./send-callbacks.ts";

/** How a connection ended. */
export interface Outcome {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

/** What few connections have, or have only for a moment: made when one of it is needed, so that the others are spared 96 bytes. */
export class ConnectionExtras {
  /** What came with the handshake, until reading begins. */
  head: Uint8Array | undefined = undefined;
  codec: MessageCodec | undefined = undefined;
  /** There with a codec. */
  exchange: CodecExchange | undefined = undefined;
  /** The options of the connection's machines, where they are not those that it shares with others: with the codec, and with what was changed for it alone. */
  machineOptions: MachineOptions | undefined = undefined;
  streamSink: StreamSink | undefined = undefined;
  /** Undefined for none. */
  callbacks: WaitingCallback[] | undefined = undefined;
  outcome: Outcome | undefined = undefined;
  cause: Error | undefined = undefined;
  /** How many want reading to stand still. */
  holds = 0;
}
