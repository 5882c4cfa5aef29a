import type { Broker } from "../broker.ts";
import type { Clock } from "../clock.ts";
import type { IdSource } from "../id-source.ts";

const room = "$tickets";
const attempts = 3;

/**
 * Lets something be used once on all nodes: an idempotent publish to a system room (ARCHITECTURE, contract 6). Each attempt to use it brings a mark of its own, so
 * that a repeated publish after an unknown outcome still knows itself, and anybody else's is a conflict.
 */
export class Claims {
  readonly #broker: Broker;
  readonly #clock: Clock;
  readonly #ids: IdSource;

  constructor(broker: Broker, clock: Clock, ids: IdSource) {
    this.#broker = broker;
    this.#clock = clock;
    this.#ids = ids;
  }

  /**
   * Claims `id` for `windowMs`: true for the first one, false for everybody later.
   * @throws Error when the broker does not say
   */
  async take(id: string, windowMs: number): Promise<boolean> {
    const publication = {
      content: '"data":null',
      bytes: 11,
      time: this.#clock.now(),
      retention: { messages: 10_000, bytes: 1_048_576, ageMs: windowMs },
      idempotency: { key: `ticket:${id}`, fingerprint: this.#ids.secret(), windowMs },
    };
    for (let attempt = 1; attempt <= attempts; attempt++) {
      // A rejected publish counts as unknown.
      const { outcome } = await this.#broker.publish(room, publication).catch(() => ({ outcome: "unknown" }) as const);
      if (outcome !== "unknown") return outcome !== "conflict";
    }
    throw new Error("the store does not say whether this was used before");
  }
}
