import { type Gossip, type Member, readGossip, writeGossip } from "./gossip-text.ts";
import { MemberSet } from "./member-set.ts";

/** How a {@link GossipMachine} is made. */
export interface GossipOptions {
  /** Names this run of this node: never used by another. */
  readonly node: string;
  /** Between two beats. A node that is silent for three has left. Units: milliseconds. */
  readonly heartbeatMs: number;
  /** Most characters of members in one text. Default 32,768. */
  readonly partLength?: number;
}

/** What became of the members that other nodes have. */
export type MemberChange =
  | { readonly type: "entered"; readonly node: string; readonly room: string; readonly member: Member }
  | { readonly type: "exited"; readonly node: string; readonly room: string; readonly session: string };

interface Peer {
  members: MemberSet;
  seq: number;
  heardAt: number;
  /** False: what is known of it has a hole, and it is asked. */
  isWhole: boolean;
  askedAt: number;
  /** The parts of a full list that came so far. */
  parts: Map<number, Extract<Gossip, { type: "full" }>>;
}

/**
 * Presence over engines without leases: each node says what changes among its members, and now and then what they add up to; whoever finds
 * that its copy differs asks for all of them. Pure: time comes in as an argument, texts to send and changes go out by {@link GossipMachine.take}.
 */
export class GossipMachine {
  readonly #options: Required<GossipOptions>;
  readonly #own = new MemberSet();
  readonly #peers = new Map<string, Peer>();
  #seq = 0;
  #beatAt = Number.POSITIVE_INFINITY;
  #fullAt = Number.NEGATIVE_INFINITY;
  #fullSeq = -1;
  #send: string[] = [];
  #changes: MemberChange[] = [];

  constructor(options: GossipOptions) {
    this.#options = { partLength: 32_768, ...options };
  }

  /** When {@link GossipMachine.tick} is due; `Infinity` while the line is down. */
  get nextAt(): number {
    return this.#beatAt;
  }

  /** How many other nodes are there whose members are all known. */
  get peers(): number {
    let count = 0;
    for (const { isWhole } of this.#peers.values()) if (isWhole) count++;
    return count;
  }

  /** What is to be sent, in this order, and what changed, since the last call. */
  take(): { readonly send: readonly string[]; readonly changes: readonly MemberChange[] } {
    const taken = { send: this.#send, changes: this.#changes };
    this.#send = [];
    this.#changes = [];
    return taken;
  }

  /** The line is there, for the first time or again: what was said meanwhile is unknown. */
  up(now: number): void {
    this.#beatAt = now + this.#options.heartbeatMs;
    // Nobody could be heard: each gets its time to speak.
    for (const peer of this.#peers.values()) peer.heardAt = now;
    this.#say({ type: "hello", node: this.#options.node });
    this.#sayFull(now);
  }

  /** The line is gone. The others' members stay until it is back: nothing is known of them. */
  down(): void {
    this.#beatAt = Number.POSITIVE_INFINITY;
    this.#send = [];
  }

  /** A member of this node, new or changed. */
  enter(room: string, member: Member): void {
    this.#own.put(room, member);
    this.#say({ type: "enter", node: this.#options.node, seq: ++this.#seq, room, member });
  }

  exit(room: string, session: string): void {
    if (!this.#own.delete(room, session)) return;
    this.#say({ type: "exit", node: this.#options.node, seq: ++this.#seq, room, session });
  }

  /** This node goes, and says nothing more until it is `up` again. */
  bye(): void {
    this.#say({ type: "bye", node: this.#options.node });
    this.#beatAt = Number.POSITIVE_INFINITY;
  }

  /** What came over the line, one's own words included. */
  hear(text: string, now: number): void {
    const gossip = readGossip(text);
    if (gossip === undefined || gossip.node === this.#options.node) return;
    if (gossip.type === "bye") return this.#drop(gossip.node);
    const peer = this.#peer(gossip.node, now);
    peer.heardAt = now;
    switch (gossip.type) {
      case "hello":
        return this.#sayFull(now);
      case "ask":
        if (gossip.whom === this.#options.node && !this.#isJustSaid(now)) this.#sayFull(now);
        return;
      case "full":
        return this.#collect(peer, gossip);
      case "beat":
        if (!peer.isWhole || peer.seq !== gossip.seq || peer.members.digest !== gossip.digest) this.#ask(gossip.node, peer, now);
        return;
      case "enter":
      case "exit":
        return this.#change(peer, gossip, now);
    }
  }

  /** Beats, and lets go of whom nobody hears any more. */
  tick(now: number): void {
    if (now < this.#beatAt) return;
    const { node, heartbeatMs } = this.#options;
    this.#beatAt = now + heartbeatMs;
    this.#say({ type: "beat", node, seq: this.#seq, digest: this.#own.digest });
    for (const [name, peer] of this.#peers) if (now - peer.heardAt > 3 * heartbeatMs) this.#drop(name);
  }

  #say(gossip: Gossip): void {
    // While the line is down nobody hears it; `up` says all.
    if (this.#beatAt !== Number.POSITIVE_INFINITY) this.#send.push(writeGossip(gossip));
  }

  #sayFull(now: number): void {
    this.#fullAt = now;
    this.#fullSeq = this.#seq;
    const parts = this.#parts();
    for (const [part, members] of parts.entries())
      this.#say({ type: "full", node: this.#options.node, seq: this.#seq, part, parts: parts.length, members });
  }

  /** Several that ask at once are answered once; who missed that asks again at the next beat. */
  #isJustSaid(now: number): boolean {
    return this.#fullSeq === this.#seq && now - this.#fullAt < this.#options.heartbeatMs / 4;
  }

  #parts(): (readonly [string, Member])[][] {
    const parts: (readonly [string, Member])[][] = [[]];
    let length = 0;
    for (const entry of this.#own.entries()) {
      const more = JSON.stringify(entry).length;
      if (length > 0 && length + more > this.#options.partLength) {
        parts.push([]);
        length = 0;
      }
      parts.at(-1)?.push(entry);
      length += more;
    }
    return parts;
  }

  #peer(name: string, now: number): Peer {
    let peer = this.#peers.get(name);
    if (peer === undefined) {
      const askedAt = Number.NEGATIVE_INFINITY;
      peer = { members: new MemberSet(), seq: -1, heardAt: now, isWhole: false, askedAt, parts: new Map() };
      this.#peers.set(name, peer);
    }
    return peer;
  }

  /** Once per beat at most: the answer is on its way. */
  #ask(name: string, peer: Peer, now: number): void {
    peer.isWhole = false;
    if (now - peer.askedAt < this.#options.heartbeatMs / 2) return;
    peer.askedAt = now;
    this.#say({ type: "ask", node: this.#options.node, whom: name });
  }

  #change(peer: Peer, gossip: Extract<Gossip, { type: "enter" | "exit" }>, now: number): void {
    if (!peer.isWhole || gossip.seq !== peer.seq + 1) {
      if (!peer.isWhole || gossip.seq > peer.seq) this.#ask(gossip.node, peer, now);
      return;
    }
    peer.seq = gossip.seq;
    if (gossip.type === "enter") this.#put(gossip.node, peer, gossip.room, gossip.member);
    else this.#delete(gossip.node, peer, gossip.room, gossip.session);
  }

  #collect(peer: Peer, gossip: Extract<Gossip, { type: "full" }>): void {
    if (peer.isWhole && gossip.seq <= peer.seq && gossip.seq !== peer.seq) return;
    const [first] = peer.parts.values();
    if (first !== undefined && (first.seq !== gossip.seq || first.parts !== gossip.parts)) peer.parts.clear();
    peer.parts.set(gossip.part, gossip);
    if (peer.parts.size < gossip.parts) return;
    const all = new MemberSet();
    for (const { members } of peer.parts.values()) for (const [room, member] of members) all.put(room, member);
    peer.parts.clear();
    peer.seq = gossip.seq;
    peer.isWhole = true;
    this.#adopt(gossip.node, peer, all);
  }

  #adopt(name: string, peer: Peer, all: MemberSet): void {
    for (const [room, { session }] of peer.members.all()) if (all.get(room, session) === undefined) this.#delete(name, peer, room, session);
    for (const [room, member] of all.entries()) this.#put(name, peer, room, member);
  }

  #put(node: string, peer: Peer, room: string, member: Member): void {
    const before = peer.members.get(room, member.session);
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(member)) return;
    peer.members.put(room, member);
    this.#changes.push({ type: "entered", node, room, member });
  }

  #delete(node: string, peer: Peer, room: string, session: string): void {
    if (peer.members.delete(room, session)) this.#changes.push({ type: "exited", node, room, session });
  }

  #drop(name: string): void {
    const peer = this.#peers.get(name);
    if (peer === undefined) return;
    for (const [room, { session }] of peer.members.all()) this.#delete(name, peer, room, session);
    this.#peers.delete(name);
  }
}
