import type * as Driver from "kafka-ts";
import { BrokerError, textOf } from "../broker-error.ts";
import type { LogBounds, LogEvents, LogRecord, LogSession } from "../log/log-session.ts";

type Cluster = ReturnType<ReturnType<typeof Driver.createKafkaClient>["createCluster"]>;

/** A partition of a topic, and which server leads it. */
interface Place {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly leader: number;
}

interface Tail {
  readonly place: Place;
  next: bigint;
  readonly hear: (records: readonly LogRecord[]) => void;
}

interface FetchedBatch {
  readonly baseOffset: bigint;
  readonly records: readonly { readonly offsetDelta: number; readonly value: string | null }[] | null;
}

interface Waiting {
  readonly text: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** How long a server may hold a question for new records: the answer comes as soon as there are some. */
export interface KafkaTimes {
  readonly maxWaitMs: number;
  /** How long Kafka itself may take to acknowledge. */
  readonly acknowledgeMs: number;
}

/** So many records go in one request. */
const mostPerBatch = 500;
const mostBytes = 8 * 1024 * 1024;
const earliest = -2n;
const latest = -1n;

/** What a cluster says of the topics: where each partition of the log is, the system's first. */
export interface KafkaLayout {
  readonly places: readonly Place[];
  readonly live: Place;
}

/** Reads where the topics lie; a cluster that may makes those that are missing. @throws BrokerError `unreachable` that names a topic that is not there */
export async function readLayout(driver: typeof Driver, cluster: Cluster, prefix: string): Promise<KafkaLayout> {
  const [system, rooms, live] = await Promise.all(
    ["system", "rooms", "live"].map(async (name) => await readTopic(driver, cluster, `${prefix}.${name}`)),
  );
  const [first] = live ?? [];
  if (first === undefined) throw new BrokerError("unreachable", `the topic ${prefix}.live has no partition`);
  return { places: [...(system?.slice(0, 1) ?? []), ...(rooms ?? [])], live: first };
}

async function readTopic(driver: typeof Driver, cluster: Cluster, topic: string): Promise<Place[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { topics } = await cluster.sendRequest(driver.API.METADATA, {
        topics: [{ id: null, name: topic }],
        allowTopicAutoCreation: true,
        includeTopicAuthorizedOperations: false,
      });
      const [found] = topics;
      if (found === undefined || found.partitions.length === 0) throw new Error("it has no partitions");
      const partitions = found.partitions.toSorted((one, other) => one.partitionIndex - other.partitionIndex);
      return partitions.map(({ partitionIndex, leaderId }) => ({
        topic,
        topicId: found.topicId,
        partition: partitionIndex,
        leader: leaderId,
      }));
    } catch (error) {
      // A topic that was just made has no leader yet.
      if (attempt === 5) throw new BrokerError("unreachable", `the topic ${topic} cannot be used: ${textOf(error)}`, error);
      await new Promise((resolve) => setTimeout(resolve, 100 * attempt));
    }
  }
}

/** One set of connections to Kafka. The driver's low-level calls alone: its consumers without a group go on at the newest record after a loss, and skip what came between. */
export class KafkaSession implements LogSession {
  readonly #driver: typeof Driver;
  readonly #writing: Cluster;
  readonly #reading: Cluster;
  readonly #layout: KafkaLayout;
  readonly #events: LogEvents;
  readonly #times: KafkaTimes;
  /** By leader. */
  readonly #tails = new Map<number, Set<Tail>>();
  readonly #queues = new Map<Place, Waiting[]>();
  #isOver = false;

  constructor(driver: typeof Driver, writing: Cluster, reading: Cluster, layout: KafkaLayout, events: LogEvents, times: KafkaTimes) {
    this.#driver = driver;
    this.#writing = writing;
    this.#reading = reading;
    this.#layout = layout;
    this.#events = events;
    this.#times = times;
  }

  /** Begins to hear what passes. */
  async prepare(): Promise<void> {
    const { live } = this.#layout;
    const next = await this.#offset(live, latest);
    this.#addTail({ place: live, next, hear: (records) => records.forEach(({ text }) => this.#events.signal(text)) });
  }

  async bounds(partition: number): Promise<LogBounds> {
    const place = this.#place(partition);
    const [first, next] = await Promise.all([this.#offset(place, earliest), this.#offset(place, latest)]);
    return { first: Number(first), next: Number(next) };
  }

  async tail(
    partition: number,
    from: { offset: number } | { since: number },
    hear: (records: readonly LogRecord[]) => void,
  ): Promise<void> {
    const place = this.#place(partition);
    const asked = "offset" in from ? BigInt(from.offset) : await this.#offset(place, BigInt(Math.floor(from.since)));
    // Nothing is so new: all that there is, then.
    const next = asked < 0n ? await this.#offset(place, earliest) : asked;
    this.#addTail({ place, next, hear });
  }

  async append(partition: number, text: string): Promise<void> {
    await this.#enqueue(this.#place(partition), text);
  }

  signal(text: string): void {
    this.#enqueue(this.#layout.live, text).catch(() => {});
  }

  async ping(): Promise<void> {
    await this.#offset(this.#layout.live, latest);
  }

  destroy(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const queue of this.#queues.values())
      for (const { reject } of queue.splice(0)) reject(new Error("the connection to Kafka is over"));
    for (const cluster of [this.#writing, this.#reading]) cluster.disconnect().catch(() => {});
  }

  #place(partition: number): Place {
    const place = this.#layout.places[partition];
    if (place === undefined) throw new Error(`there is no partition ${partition}`);
    return place;
  }

  async #offset({ topic, partition, leader }: Place, timestamp: bigint): Promise<bigint> {
    const partitions = [{ partitionIndex: partition, currentLeaderEpoch: -1, timestamp }];
    const { topics } = await this.#writing.sendRequestToNode(leader)(this.#driver.API.LIST_OFFSETS, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: topic, partitions }],
      timeoutMs: this.#times.acknowledgeMs,
    });
    return topics[0]?.partitions[0]?.offset ?? -1n;
  }

  async #enqueue(place: Place, text: string): Promise<void> {
    if (this.#isOver) throw new Error("the connection to Kafka is over");
    await new Promise<void>((resolve, reject) => {
      const waiting = { text, resolve, reject };
      const queue = this.#queues.get(place);
      queue?.push(waiting);
      if (queue === undefined) {
        this.#queues.set(place, [waiting]);
        void this.#flush(place);
      }
    });
  }

  /** One request at a time for each partition, so that records keep their order; what comes meanwhile goes together. */
  async #flush(place: Place): Promise<void> {
    await Promise.resolve();
    const queue = this.#queues.get(place) ?? [];
    while (queue.length > 0 && !this.#isOver) {
      const batch = queue.splice(0, mostPerBatch);
      try {
        await this.#produce(place, batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
        // Whether it lies in the log nobody knows: what comes after it must not be there before that is clear.
        this.#lost(error);
      }
    }
    this.#queues.delete(place);
  }

  async #produce({ topic, topicId, partition, leader }: Place, batch: readonly Waiting[]): Promise<void> {
    const now = BigInt(Date.now());
    const records = batch.map(({ text }, offsetDelta) => ({
      attributes: 0,
      timestampDelta: 0n,
      offsetDelta,
      key: null,
      value: text,
      headers: [],
    }));
    await this.#writing.sendRequestToNode(leader)(this.#driver.API.PRODUCE, {
      transactionalId: null,
      // All replicas that are in step.
      acks: -1,
      timeoutMs: this.#times.acknowledgeMs,
      topicData: [
        {
          name: topic,
          topicId,
          partitionData: [
            {
              index: partition,
              baseOffset: 0n,
              partitionLeaderEpoch: -1,
              attributes: 0,
              lastOffsetDelta: batch.length - 1,
              baseTimestamp: now,
              maxTimestamp: now,
              producerId: -1n,
              producerEpoch: -1,
              baseSequence: -1,
              records,
            },
          ],
        },
      ],
    });
  }

  #addTail(tail: Tail): void {
    const { leader } = tail.place;
    const tails = this.#tails.get(leader);
    if (tails !== undefined) {
      for (const other of tails) if (other.place === tail.place) tails.delete(other);
      tails.add(tail);
      return;
    }
    this.#tails.set(leader, new Set([tail]));
    void this.#read(leader);
  }

  /** Asks one server again and again for what is new in all of its partitions. */
  async #read(leader: number): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#readOnce(leader, [...(this.#tails.get(leader) ?? [])]);
      } catch (error) {
        return this.#lost(error);
      }
    }
  }

  async #readOnce(leader: number, tails: readonly Tail[]): Promise<void> {
    const topics = new Map<string, Tail[]>();
    for (const tail of tails) topics.set(tail.place.topic, [...(topics.get(tail.place.topic) ?? []), tail]);
    const { responses } = await this.#reading.sendRequestToNode(leader)(this.#driver.API.FETCH, {
      maxWaitMs: this.#times.maxWaitMs,
      minBytes: 1,
      maxBytes: mostBytes,
      isolationLevel: 0,
      sessionId: 0,
      sessionEpoch: -1,
      topics: Array.from(topics, ([topicName, some]) => ({
        topicId: some[0]?.place.topicId ?? "",
        topicName,
        partitions: some.map(({ place, next }) => ({
          partition: place.partition,
          currentLeaderEpoch: -1,
          fetchOffset: next,
          lastFetchedEpoch: -1,
          logStartOffset: -1n,
          partitionMaxBytes: mostBytes,
        })),
      })),
      forgottenTopicsData: [],
      rackId: "",
    });
    for (const response of responses) {
      const isMeant = ({ place }: Tail): boolean =>
        "topicName" in response ? place.topic === response.topicName : place.topicId === response.topicId;
      for (const { partitionIndex, records } of response.partitions) {
        const tail = tails.find((one) => one.place.partition === partitionIndex && isMeant(one));
        // Another may have taken its place meanwhile.
        if (tail !== undefined && this.#tails.get(leader)?.has(tail) === true) this.#take(tail, records);
      }
    }
  }

  #take(tail: Tail, batches: readonly FetchedBatch[] | null): void {
    const records: LogRecord[] = [];
    for (const { baseOffset, records: some } of batches ?? []) {
      for (const { offsetDelta, value } of some ?? []) {
        const offset = baseOffset + BigInt(offsetDelta);
        // Whole batches come, with what lies before the offset that was asked for.
        if (offset < tail.next) continue;
        tail.next = offset + 1n;
        records.push({ offset: Number(offset), text: value ?? "" });
      }
    }
    if (records.length > 0 && !this.#isOver) tail.hear(records);
  }

  #lost(error: unknown): void {
    if (this.#isOver) return;
    this.destroy();
    this.#events.lost(error);
  }
}
