// librdkafka's mock of Kafka: what it cannot show stands in docs/brokers/kafka.md.
import { after, before, test } from "node:test";
import { brokerContract } from "@openline/hub/testing";
import { KafkaMock, noKafka } from "@openline/testkit";
import { type LogBroker, openKafkaBroker } from "../../src/kafka/index.ts";
import { benchOf } from "../support/broker-bench.ts";
import { randomIds } from "../support/random-ids.ts";
import { systemClock } from "../support/system-clock.ts";

let mock: KafkaMock;
let count = 0;
const skip = noKafka === undefined ? {} : { skip: noKafka };

before(async () => {
  if (noKafka === undefined) mock = await KafkaMock.start();
});
after(async () => await mock?.stop());

brokerContract({
  name: "kafka",
  test: (name, check) => test(name, skip, check),
  open: async () => {
    const url = `kafka://127.0.0.1:${mock.port}?prefix=t${++count}`;
    // The mock answers a question for new records only when its time is over.
    const open = async (): Promise<LogBroker> => await openKafkaBroker({ url, clock: systemClock, ids: randomIds, maxWaitMs: 20 });
    return await benchOf(open, { windowMs: 600, behindMs: 60 });
  },
});
