import { RoomLimitError } from "@openline/hub";
import { BrokerError, type BrokerErrorCode, textOf } from "../broker-error.ts";

/** An error as it crosses the line. */
interface Failure {
  readonly message: string;
  /** Of a {@link BrokerError}. */
  readonly code?: BrokerErrorCode;
  /** Of a {@link RoomLimitError}. */
  readonly room?: string;
  readonly limit?: number;
}

/** What is sent of an error, as JSON: its kind, as far as somebody acts by it, and its text. */
export function failureOf(error: unknown): string {
  return JSON.stringify(partsOf(error));
}

function partsOf(error: unknown): Failure {
  const message = textOf(error);
  if (error instanceof BrokerError) return { message, code: error.code };
  if (error instanceof RoomLimitError) return { message, room: error.room, limit: error.limit };
  return { message };
}

/** The error that was sent. */
export function errorOf(json: string): Error {
  const { message, code, room, limit }: Failure = JSON.parse(json);
  if (code !== undefined) return new BrokerError(code, message);
  return room !== undefined && limit !== undefined ? new RoomLimitError(room, limit) : new Error(message);
}
