import type { CloseOptions } from "../openline-server.ts";
import type { Counts } from "./shared-tally.ts";

/** What a worker says first. */
export interface Greeting {
  readonly worker: number;
  /** Of the package: both ends must be of one, they trust each other's words. */
  readonly version: string;
}

/** What it is answered. */
export interface Welcome {
  readonly workers: number;
  readonly port: number;
  readonly sharesPort: boolean;
  /** Of the primary: sockets that listen already. */
  readonly descriptors: readonly number[];
  readonly hasStore: boolean;
  readonly hasWebhook: boolean;
}

/** What is counted over all workers. */
export interface AllCounts {
  readonly connections: Counts;
  readonly addresses: Counts;
  readonly userConnections: Counts;
}

export type CountsName = keyof AllCounts;

/** What a worker says when it could not begin. */
export interface StartFailure {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
}

/** How a worker is told to end. */
export type Farewell = CloseOptions;
