import type { Broker, HubActivity, RoomSummary, UserSummary } from "@openline/hub";
import type { Whom } from "../routes/room-service.ts";
import type { WebhookService } from "../webhooks/webhook-service.ts";
import type { MetricsJson } from "./metric-sum.ts";
import type { SharedTally } from "./shared-tally.ts";

/** What the siblings of a worker may ask it. */
export interface WorkerView {
  readonly users: () => readonly UserSummary[];
  readonly rooms: () => Promise<readonly RoomSummary[]>;
  /** How many connected sessions of this worker are meant. */
  readonly connected: (whom: Whom) => number;
  readonly metrics: () => Promise<MetricsJson>;
}

/** The webhook of all workers, which the primary delivers. */
export interface SharedWebhook extends WebhookService {
  observe(activity: HubActivity): void;
}

/** What a server shares with others like it that listen on the same port: one of several workers has them, a server alone has none. */
export interface Siblings {
  /** How many there are, this one included. */
  readonly count: number;
  /** Whether the system shares the port among listening sockets; else the primary hands out connections. */
  readonly sharesPort: boolean;
  /** Sockets of the primary that listen already: these instead of a port of the server's own. */
  readonly descriptors: readonly number[];
  /** The store that the primary owns; undefined where each worker reaches an engine itself. */
  readonly broker: Broker | undefined;
  readonly webhook: SharedWebhook | undefined;
  readonly connections: SharedTally;
  readonly addresses: SharedTally;
  readonly userConnections: SharedTally;
  /** Whether the primary has not answered for two seconds or more. */
  readonly isCutOff: boolean;
  /** From now on the others may ask. */
  show(view: WorkerView): void;
  /** Those of all workers. */
  users(): Promise<readonly UserSummary[]>;
  rooms(): Promise<readonly RoomSummary[]>;
  connected(whom: Whom): Promise<number>;
  /** The socket of the worker that has a session whose requests may reach any; one that `opens` becomes `path`'s unless it is somebody's already. */
  sessionHome(id: string, path: string, opens: boolean): Promise<string | undefined>;
  sessionOver(id: string): void;
  /** The sum of all workers and the primary, in the text format of Prometheus. */
  metrics(): Promise<string>;
}
