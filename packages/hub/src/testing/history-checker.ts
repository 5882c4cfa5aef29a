import { factsOf, historyRules, lineOf, lostButTold, type Violation } from "./history-rules.ts";
import type { Observation, Observations, ViolationKind } from "./observation.ts";

export type { Violation } from "./history-rules.ts";

/** What each kind of violation means for an application. */
export const violationKinds: Readonly<Record<ViolationKind, string>> = Object.freeze({
  loss: "a message was left out, and the client was told nothing",
  duplicate: "a client got a message twice",
  order: "two clients saw two orders, or a session's messages came in another order than it published them",
  "false-recovered": "recovered: true, although something was missed: the page shows less than there was, and believes itself complete",
  "acknowledged-unseen": "a publish was acknowledged as stored, and nobody ever sees it",
  "stored-twice": "one publish, repeated with its id, became two messages",
  link: "`previous` names another message than the one before",
  content: "one position names two messages",
  replay: "the replay is not what `joined` announced",
  "gap-count": "`gap` tells another number than what was left out",
  refused: "a publish was refused, and came to somebody all the same",
});

/** How often each thing happened. A run in which nothing of what it is for happened proves nothing. */
export interface HistoryCounts {
  readonly published: number;
  readonly acknowledged: number;
  /** Publishes of which nobody knows whether they are stored: the connection or the session went first. */
  readonly unanswered: number;
  readonly refused: number;
  readonly delivered: number;
  readonly disconnects: number;
  readonly recovered: number;
  /** `recovered: false`. */
  readonly notRecovered: number;
  readonly insufficient: number;
  readonly gaps: number;
  /** Acknowledged messages that the store has lost, everyone in the room having been told to reload. */
  readonly lostButTold: number;
}

/** What {@link checkHistory} found. */
export interface HistoryVerdict {
  readonly isHeld: boolean;
  /** In the order in which they showed. */
  readonly violations: readonly Violation[];
  readonly counts: HistoryCounts;
}

/**
 * Holds what clients saw against the hub's contract (docs/wire/hub-v1.md): no loss, no duplicate, one order, no false `recovered`, each publish
 * once. It knows nothing of the server: it compares what the clients were told with each other and with what they published. The list must
 * be in the order in which things happened, and end when everything has come to rest.
 */
export function checkHistory(observations: Observations): HistoryVerdict {
  const facts = factsOf(observations);
  const violations = historyRules.flatMap((rule) => Array.from(rule(facts))).toSorted((one, other) => one.index - other.index);
  const publishes = [...facts.publishes.values()];
  const count = (isMeant: (observation: Observation) => boolean): number => observations.filter(isMeant).length;
  const counts: HistoryCounts = {
    published: publishes.length,
    acknowledged: publishes.filter(({ acknowledged }) => acknowledged !== undefined).length,
    unanswered: publishes.filter(({ acknowledged, refused }) => acknowledged === undefined && refused === undefined).length,
    refused: publishes.filter(({ refused }) => refused !== undefined).length,
    delivered: count(({ type }) => type === "message"),
    disconnects: count(({ type }) => type === "away"),
    recovered: count((observation) => observation.type === "joined" && observation.recovered === true),
    notRecovered: count((observation) => observation.type === "joined" && observation.recovered === false),
    insufficient: count(({ type }) => type === "insufficient"),
    gaps: count(({ type }) => type === "gap"),
    lostButTold: lostButTold(facts),
  };
  return { isHeld: violations.length === 0, violations, counts };
}

/** A violation for people: what it is, what it means, and what this client and its room saw right before, the last line being the one that shows it. */
export function explain(observations: Observations, violation: Violation, lines = 8): string {
  const { kind, room, client, index, text } = violation;
  const from = observations[0]?.at ?? 0;
  const about = observations
    .slice(0, index + 1)
    .filter((observation) => observation.room === room && (observation.client === client || text.includes(positionIn(observation))));
  return [
    `${kind}: ${violationKinds[kind]}`,
    `  ${client} in ${room}: ${text}`,
    ...about.slice(-lines).map((one) => `  ${lineOf(one, from)}`),
  ].join("\n");
}

const positionIn = (observation: Observation): string => ("position" in observation ? observation.position : "\u0000");

/** @throws Error with the first violation explained, when there is one. `run` says which run it was: the seed. */
export function assertHistory(observations: Observations, run: string): HistoryVerdict {
  const verdict = checkHistory(observations);
  const [first] = verdict.violations;
  if (first !== undefined)
    throw new Error(`${run}: ${verdict.violations.length} violations of the contract; the first:\n${explain(observations, first)}`);
  return verdict;
}
