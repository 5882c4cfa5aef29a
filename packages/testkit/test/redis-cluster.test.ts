import assert from "node:assert/strict";
import { test } from "node:test";
import { RedisCluster } from "../src/redis-cluster.ts";
import { noRedis } from "../src/redis-server.ts";

const skip = noRedis === undefined ? {} : { skip: noRedis };

test("a real cluster has a master for every key, and names its nodes in its address", skip, async (t) => {
  const cluster = await RedisCluster.start();
  t.after(async () => await cluster.stop());
  const ports = cluster.masters.map(({ port }) => port);
  assert.equal(cluster.url, `redis://127.0.0.1:${ports[0]}?cluster=true&node=127.0.0.1:${ports[1]}&node=127.0.0.1:${ports[2]}`);
  const owners = new Set<number>();
  for (let index = 0; index < 20; index++) {
    const master = await cluster.masterOf(`key${index}`);
    assert.equal(await master.ask(`SET key${index} 1`), "+OK\r\n");
    owners.add(master.port);
  }
  assert.deepEqual([...owners].toSorted(), ports.toSorted());
});
