import type { Observation, Observations, ViolationKind } from "./observation.ts";
import { type Heard, type Stretch, stretchesOf } from "./stretch.ts";

/** Something that the hub's contract does not allow. `index` is the place of the observation that shows it. */
export interface Violation {
  readonly kind: ViolationKind;
  readonly index: number;
  readonly room: string;
  /** Whoever saw it. */
  readonly client: string;
  readonly text: string;
}

/** One publish and what became of it. */
export interface Publish {
  readonly room: string;
  readonly client: string;
  readonly token: string;
  readonly lane: string;
  readonly sequence: number;
  readonly begun: number;
  /** Where it was first seen or acknowledged. */
  first: string | undefined;
  acknowledged: { readonly index: number; readonly position: string } | undefined;
  refused: { readonly index: number; readonly code: string } | undefined;
}

/** A history made ready for the rules. */
export interface Facts {
  readonly observations: Observations;
  readonly stretches: readonly Stretch[];
  /** By token. */
  readonly publishes: ReadonlyMap<string, Publish>;
}

export function factsOf(observations: Observations): Facts {
  const publishes = new Map<string, Publish>();
  for (const [index, observation] of observations.entries()) {
    if (observation.type === "publish") {
      const { room, client, token, lane, sequence } = observation;
      publishes.set(token, {
        room,
        client,
        token,
        lane,
        sequence,
        begun: index,
        first: undefined,
        acknowledged: undefined,
        refused: undefined,
      });
    } else if (observation.type === "published") {
      const publish = publishes.get(observation.token);
      if (publish === undefined) continue;
      publish.first ??= observation.position;
      publish.acknowledged ??= { index, position: observation.position };
    } else if (observation.type === "message") {
      const publish = publishes.get(observation.token);
      if (publish !== undefined) publish.first ??= observation.position;
    } else if (observation.type === "refused") {
      const publish = publishes.get(observation.token);
      if (publish !== undefined) publish.refused ??= { index, code: observation.code };
    }
  }
  return { observations, stretches: stretchesOf(observations), publishes };
}

type Rule = (facts: Facts) => Iterable<Violation>;

/** Whose client was never told to reload: what it saw must be the truth. What the room keeps in the end is that, too. */
const isUntold = ({ end }: Stretch): boolean => end === "open" || end === "kept";

const found = (kind: ViolationKind, { client, room }: Stretch, index: number, text: string): Violation => ({
  kind,
  index,
  room,
  client,
  text,
});

/** Each message once, each after the one that it names, each session's in its order. */
function* withinStretches({ stretches, publishes, observations }: Facts): Iterable<Violation> {
  const messages = new Set(stretches.flatMap(({ heard }) => heard.map(({ position }) => position)));
  for (const observation of observations) if (observation.type === "published") messages.add(observation.position);
  for (const stretch of stretches) {
    const seen = new Map<string, string>();
    const last = new Map<string, number>();
    for (const heard of stretch.heard) {
      const { position, token, index } = heard;
      const earlier = seen.get(token);
      if (earlier === position) yield found("duplicate", stretch, index, `${position} came twice`);
      else if (earlier !== undefined && publishes.has(token))
        yield found("stored-twice", stretch, index, `${token} came as ${earlier} and again as ${position}`);
      else {
        yield* wrongLink(stretch, heard, messages);
        yield* wrongLane(stretch, heard, publishes.get(token), last);
      }
      seen.set(token, position);
    }
  }
}

function* wrongLink(stretch: Stretch, heard: Heard, messages: ReadonlySet<string>): Iterable<Violation> {
  const { position, previous, after, arrival, index } = heard;
  if (after === undefined || previous === undefined) return;
  const follows = previous === null ? !messages.has(after) : previous === after;
  if (follows) return;
  const kind = arrival === "recovered" ? "false-recovered" : arrival === "gap" ? "link" : "loss";
  yield found(kind, stretch, index, `${position} came after ${after}, but follows ${previous ?? "nothing: it is the first of its epoch"}`);
}

function* wrongLane(stretch: Stretch, heard: Heard, publish: Publish | undefined, last: Map<string, number>): Iterable<Violation> {
  if (publish === undefined) return;
  // The repetition of one that the store has lost is a new message; whether it was rightly stored anew is another rule's matter.
  if (publish.first !== heard.position) return;
  const before = last.get(publish.lane);
  if (before !== undefined && before > publish.sequence)
    yield found("order", stretch, heard.index, `number ${publish.sequence} of ${publish.lane} came after its number ${before}`);
  last.set(publish.lane, Math.max(before ?? 0, publish.sequence));
}

/** The replay is as long as announced and ends where announced. */
function* replays({ stretches }: Facts): Iterable<Violation> {
  for (const stretch of stretches) {
    for (const { index, replay, position, from, heardBefore, cut } of stretch.replays) {
      const end = stretch.heard[heardBefore + replay - 1];
      if (replay === 0) {
        if (from !== undefined && from !== position)
          yield found(
            "false-recovered",
            stretch,
            index,
            `recovered from ${from} with nothing to replay, yet the room stands at ${position}`,
          );
      } else if (end !== undefined && !cut) {
        if (end.position !== position)
          yield found("replay", stretch, end.index, `message ${replay} of ${replay} was ${end.position}, not ${position}`);
      } else if (!cut && stretch.end === "open") {
        const came = stretch.heard.length - heardBefore;
        yield found("replay", stretch, index, `${replay} messages were announced and ${came} came`);
      }
    }
  }
}

/** A position is one message with one predecessor, whoever is told of it. */
function* onePlaceOneMessage({ stretches, observations, publishes }: Facts): Iterable<Violation> {
  const known = new Map<string, { token: string; previous?: string | null | undefined }>();
  for (const observation of observations) {
    if (observation.type === "published" && publishes.has(observation.token))
      known.set(JSON.stringify([observation.room, observation.position]), { token: observation.token });
  }
  for (const stretch of stretches) {
    for (const { position, token, previous, index } of stretch.heard) {
      const key = JSON.stringify([stretch.room, position]);
      const other = known.get(key);
      if (other !== undefined && other.token !== token)
        yield found("content", stretch, index, `${position} is ${token} here and ${other.token} elsewhere`);
      else if (other?.previous !== undefined && previous !== undefined && other.previous !== previous)
        yield found("link", stretch, index, `${position} follows ${previous} here and ${other.previous} elsewhere`);
      known.set(key, { token, previous: previous ?? other?.previous });
    }
  }
}

interface Edge {
  readonly stretch: Stretch;
  readonly heard: Heard;
  readonly at: number;
}

/** room -> message -> the one after it, as it was seen -> by whom. Over a `gap` nothing is said. */
function edgesOf(stretches: readonly Stretch[]): Map<string, Map<string, Edge[]>> {
  const edges = new Map<string, Map<string, Edge[]>>();
  for (const stretch of stretches) {
    for (const [at, heard] of stretch.heard.entries()) {
      if (heard.after === undefined || heard.arrival === "gap") continue;
      const key = JSON.stringify([stretch.room, heard.after]);
      const next = edges.get(key) ?? new Map<string, Edge[]>();
      edges.set(key, next);
      const seen = next.get(heard.position) ?? [];
      next.set(heard.position, seen);
      seen.push({ stretch, heard, at });
    }
  }
  return edges;
}

/** All see one order: where two saw different messages after the same one, either one of them missed something, or there are two histories. */
function* oneOrder({ stretches }: Facts): Iterable<Violation> {
  for (const next of edgesOf(stretches).values()) {
    if (next.size < 2) continue;
    const branches = [...next.entries()];
    for (const [position, edges] of branches) {
      for (const [other, others] of branches) {
        const fuller = others.find(({ stretch, at }) => stretch.heard.some((heard, place) => place > at && heard.position === position));
        if (other !== position && fuller !== undefined) yield* leftOut(edges, other, fuller.stretch);
      }
    }
    const untold = branches.flatMap(([, edges]) => edges.find(({ stretch }) => isUntold(stretch)) ?? []);
    const [one, two] = untold;
    if (one !== undefined && two !== undefined && !rejoin(one, two))
      yield found("order", two.stretch, two.heard.index, twoHistories(one, two));
  }
}

function twoHistories(one: Edge, two: Edge): string {
  return `after ${two.heard.after} came ${two.heard.position} here and ${one.heard.position} for ${one.stretch.client}, and neither was told to reload`;
}

function* leftOut(edges: readonly Edge[], missing: string, fuller: Stretch): Iterable<Violation> {
  for (const { stretch, heard } of edges) {
    const kind = heard.arrival === "recovered" ? "false-recovered" : "loss";
    yield found(
      kind,
      stretch,
      heard.index,
      `${heard.position} came right after ${heard.after}; ${fuller.client} saw ${missing} between them`,
    );
  }
}

const rejoin = (one: Edge, two: Edge): boolean => has(one.stretch, two.heard.position) || has(two.stretch, one.heard.position);
const has = ({ heard }: Stretch, position: string): boolean => heard.some((message) => message.position === position);

/** Who was there to the end, and was told of no break, has every message that was published and acknowledged meanwhile. */
function* nothingMissing({ stretches, publishes }: Facts): Iterable<Violation> {
  for (const stretch of stretches) {
    if (stretch.end !== "open") continue;
    const tokens = new Set(stretch.heard.map(({ token }) => token));
    const excused = stretch.gaps.reduce((sum, { count }) => sum + count, 0);
    const missing = [...publishes.values()].filter(
      ({ room, begun, acknowledged, token }) =>
        room === stretch.room && begun > stretch.began && acknowledged !== undefined && !tokens.has(token),
    );
    const [first] = missing;
    if (first?.acknowledged === undefined || missing.length <= excused) continue;
    const { index, position } = first.acknowledged;
    const last = stretch.replays.findLast((replay) => replay.index > index);
    const isFalse = last?.from !== undefined;
    const text = `${first.token} was stored at ${position} while this client was in the room, and never came to it (${missing.length} such messages${excused > 0 ? `, ${excused} told by gap` : ""})`;
    yield found(isFalse ? "false-recovered" : "loss", stretch, isFalse ? last.index : index, text);
  }
}

/** What was acknowledged is in the room's history, unless everyone there was told that it broke. */
function* acknowledgedIsSeen(facts: Facts): Iterable<Violation> {
  for (const publish of unseen(facts)) {
    const kept = facts.stretches.find(({ end, room }) => end === "kept" && room === publish.room);
    const { acknowledged } = publish;
    if (kept === undefined || acknowledged === undefined || !mustKeep(kept, publish, facts) || toldAfter(facts, publish)) continue;
    const text = `${publish.token} was acknowledged as stored at ${acknowledged.position}; the room kept older messages, but not this one, and nobody was told of a break`;
    yield { kind: "acknowledged-unseen", index: acknowledged.index, room: publish.room, client: publish.client, text };
  }
}

/** Acknowledged publishes that no client heard and the history does not have. */
function unseen({ stretches, publishes }: Facts): Publish[] {
  const heard = new Set(stretches.flatMap((stretch) => stretch.heard.map(({ token }) => token)));
  return [...publishes.values()].filter(({ token, acknowledged }) => acknowledged !== undefined && !heard.has(token));
}

/** The history holds a message that was acknowledged before this one was begun: so this one is younger, and cannot have expired. */
function mustKeep(kept: Stretch, { begun }: Publish, { publishes }: Facts): boolean {
  return kept.heard.some(({ token }) => (publishes.get(token)?.acknowledged?.index ?? Number.POSITIVE_INFINITY) < begun);
}

const toldAfter = ({ stretches }: Facts, { room, begun }: Publish): boolean =>
  stretches.some((stretch) => stretch.room === room && stretch.end === "told" && stretch.ended > begun);

/** A publish has one place among what is true in the end, and it is the one that was acknowledged. */
function* onePublishOnePlace(facts: Facts): Iterable<Violation> {
  const { stretches, publishes } = facts;
  const places = new Map<string, Map<string, Stretch>>();
  for (const stretch of stretches.filter(isUntold)) {
    for (const { token, position } of stretch.heard) {
      if (publishes.has(token)) places.set(token, (places.get(token) ?? new Map<string, Stretch>()).set(position, stretch));
    }
  }
  for (const [token, at] of places) {
    const [one, two] = at.keys();
    const [, stretch] = at.values();
    if (two !== undefined && stretch !== undefined)
      yield found("stored-twice", stretch, stretch.ended, `${token} is at ${one} and at ${two}`);
  }
  yield* acknowledgedElsewhere(facts, places);
}

/** The answers to a publish and its repetitions name one place: that at which it is. */
function* acknowledgedElsewhere(facts: Facts, places: ReadonlyMap<string, ReadonlyMap<string, Stretch>>): Iterable<Violation> {
  const first = new Map<string, string>();
  for (const [index, observation] of facts.observations.entries()) {
    if (observation.type !== "published") continue;
    const { token, position, client, room } = observation;
    const [publish, before, at] = [facts.publishes.get(token), first.get(token), places.get(token)];
    first.set(token, before ?? position);
    if (publish === undefined || at === undefined) continue;
    if (before !== undefined && before !== position && at.has(before))
      yield {
        kind: "stored-twice",
        index,
        room,
        client,
        text: `${token} was acknowledged at ${before}, and its repetition at ${position}`,
      };
    // A store that fell back may have stored it again, and nobody heard the second answer.
    else if (before === undefined && !at.has(position) && !toldAfter(facts, publish))
      yield {
        kind: "content",
        index,
        room,
        client,
        text: `${token} was acknowledged at ${position}, and is at ${[...at.keys()].join(", ")}`,
      };
  }
}

/** What was refused comes to nobody. */
function* refusedIsGone({ stretches, publishes }: Facts): Iterable<Violation> {
  for (const stretch of stretches) {
    for (const { token, position, index } of stretch.heard) {
      const publish = publishes.get(token);
      if (publish?.refused !== undefined && publish.acknowledged === undefined)
        yield found("refused", stretch, index, `${token} was refused with ${publish.refused.code}, and came as ${position}`);
    }
  }
}

/** Between where the client stood and where `gap` sets it there are as many messages as it says, as far as somebody saw them all. */
function* gapCounts({ stretches }: Facts): Iterable<Violation> {
  const edges = edgesOf(stretches);
  for (const stretch of stretches) {
    // Whoever has gone, or was told to reload, may have counted in a history that the store has lost.
    if (stretch.end !== "open") continue;
    for (const { index, count, from, position } of stretch.gaps) {
      let at = from;
      let steps = 0;
      while (at !== undefined && at !== position && steps <= count + 1) {
        const next: ReadonlyMap<string, unknown> | undefined = edges.get(JSON.stringify([stretch.room, at]));
        at = next?.size === 1 ? next.keys().next().value : undefined;
        steps++;
      }
      if (at === position && steps !== count)
        yield found("gap-count", stretch, index, `gap says ${count}; from ${from} to ${position} there are ${steps}`);
      else if (at !== undefined && at !== position)
        yield found("gap-count", stretch, index, `gap says ${count}; from ${from} to ${position} there are more`);
    }
  }
}

/** Each finds what it is named for, and nothing in a right history. */
export const historyRules: readonly Rule[] = [
  withinStretches,
  replays,
  onePlaceOneMessage,
  oneOrder,
  nothingMissing,
  acknowledgedIsSeen,
  onePublishOnePlace,
  refusedIsGone,
  gapCounts,
];

/** How many acknowledged messages are in nobody's history, everyone having been told: what the store lost. */
export function lostButTold(facts: Facts): number {
  const { stretches, publishes } = facts;
  const truth = new Set(stretches.filter(isUntold).flatMap(({ heard }) => heard.map(({ token }) => token)));
  const isLost = (publish: Publish): boolean =>
    publish.acknowledged !== undefined && !truth.has(publish.token) && toldAfter(facts, publish);
  return [...publishes.values()].filter(isLost).length;
}

/** What an observation says, on one line. */
export function lineOf({ at, client, room, ...rest }: Observation, from: number): string {
  const { type, ...fields } = rest;
  const shown = Object.entries(fields).filter(([, value]) => value !== undefined && !Array.isArray(value));
  const text = shown.map(([name, value]) => `${name}=${String(value)}`).join(" ");
  return `${((at - from) / 1000).toFixed(3).padStart(8)} s  ${client} ${room}  ${type} ${text}`.trimEnd();
}
