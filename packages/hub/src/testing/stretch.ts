import type { Observation, Observations, SeenMessage } from "./observation.ts";

/** How a message came: first of all, live, after a recovery (the first one), or right after a `gap`. */
export type Arrival = "first" | "next" | "recovered" | "gap";

/** A message in a stretch. `after` is where the client stood before it; unknown for the first of a rewind. */
export interface Heard extends SeenMessage {
  readonly after: string | undefined;
  readonly arrival: Arrival;
  /** Its observation's place in the list. */
  readonly index: number;
}

/** How a stretch came to its end. `told`: the client knows that it must reload. `open`: at the end of all it was still there. */
export type StretchEnd = "told" | "left" | "away" | "open" | "kept";

export interface AnnouncedReplay {
  readonly index: number;
  readonly replay: number;
  readonly position: string;
  /** Where the client stood when it was told `recovered: true`; undefined where it was not. */
  readonly from: string | undefined;
  readonly heardBefore: number;
  /** The connection broke before the replay was over. */
  cut: boolean;
}

export interface ToldGap {
  readonly index: number;
  readonly count: number;
  readonly from: string | undefined;
  readonly position: string;
}

/** What one client saw of a room without being told of a break: over reconnects with `recovered: true`, up to the next word that it must reload. */
export interface Stretch {
  readonly client: string;
  readonly room: string;
  /** The place of the observation that began it. */
  readonly began: number;
  readonly heard: Heard[];
  readonly gaps: ToldGap[];
  readonly replays: AnnouncedReplay[];
  end: StretchEnd;
  /** The place of the last observation in it. */
  ended: number;
}

interface Stand {
  readonly stretch: Stretch;
  cursor: string | undefined;
  arrival: Arrival;
  isThere: boolean;
}

/** Cuts what every client saw of every room into stretches, in the order in which they began. */
export function stretchesOf(observations: Observations): Stretch[] {
  const stretches: Stretch[] = [];
  const stands = new Map<string, Stand>();
  for (const [index, observation] of observations.entries()) {
    if (observation.type === "kept") {
      stretches.push(keptStretch(observation, index));
      continue;
    }
    const key = JSON.stringify([observation.client, observation.room]);
    const before = stands.get(key);
    const after = step(before, observation, index);
    if (after === before) continue;
    if (after === undefined) stands.delete(key);
    else {
      stands.set(key, after);
      stretches.push(after.stretch);
    }
  }
  for (const { stretch, isThere } of stands.values()) stretch.end = isThere ? "open" : "away";
  return stretches;
}

/** Gives the stand after an observation: the same one, a new one, or none. */
function step(stand: Stand | undefined, observation: Observation, index: number): Stand | undefined {
  if (stand !== undefined) stand.stretch.ended = index;
  switch (observation.type) {
    case "joined":
      return joined(stand, observation, index);
    case "message":
      if (stand !== undefined) hear(stand, observation, index);
      return stand;
    case "gap":
      if (stand !== undefined) skip(stand, observation, index);
      return stand;
    case "insufficient":
      return stand && begin(stand, observation, observation.position, index);
    case "away":
      return stand && lost(stand);
    case "left":
      if (stand !== undefined) stand.stretch.end = "left";
      return undefined;
    case "publish":
    case "published":
    case "refused":
    case "kept":
      break;
  }
  return stand;
}

/** What a room keeps in the end is a stretch that nobody has to be told of. */
function keptStretch(observation: Observation & { type: "kept" }, index: number): Stretch {
  const stand = begin(undefined, observation, undefined, index);
  for (const message of observation.messages) hear(stand, message, index);
  stand.stretch.end = "kept";
  return stand.stretch;
}

function joined(stand: Stand | undefined, observation: Observation & { type: "joined" }, index: number): Stand {
  const { recovered, replay, position } = observation;
  if (stand !== undefined) cutReplay(stand.stretch);
  const goesOn = recovered === true && stand !== undefined;
  const now = goesOn ? stand : begin(stand, observation, replay === 0 ? position : undefined, index);
  const { stretch, cursor } = now;
  if (goesOn) [now.isThere, now.arrival] = [true, "recovered"];
  stretch.replays.push({ index, replay, position, from: goesOn ? cursor : undefined, heardBefore: stretch.heard.length, cut: false });
  return now;
}

function begin(before: Stand | undefined, { client, room }: Observation, cursor: string | undefined, index: number): Stand {
  if (before !== undefined) before.stretch.end = "told";
  const stretch: Stretch = { client, room, began: index, heard: [], gaps: [], replays: [], end: "open", ended: index };
  return { stretch, cursor, arrival: "first", isThere: true };
}

function hear(stand: Stand, { position, previous, token }: SeenMessage, index: number): void {
  stand.stretch.heard.push({ position, previous, token, after: stand.cursor, arrival: stand.arrival, index });
  stand.cursor = position;
  stand.arrival = "next";
}

function skip(stand: Stand, { count, position }: Observation & { type: "gap" }, index: number): void {
  stand.stretch.gaps.push({ index, count, from: stand.cursor, position });
  stand.cursor = position;
  stand.arrival = "gap";
}

function lost(stand: Stand): Stand {
  cutReplay(stand.stretch);
  stand.isThere = false;
  return stand;
}

/** What was announced and has not come yet will not come. */
function cutReplay({ replays, heard }: Stretch): void {
  const replay = replays.at(-1);
  if (replay !== undefined) replay.cut ||= heard.length - replay.heardBefore < replay.replay;
}
