import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { gatherMs, SharedTally, TallyBoard } from "../../src/workers/shared-tally.ts";

/** A primary and its workers; `pass` lets what was counted come to everybody. */
function crew(count: number) {
  mock.timers.enable({ apis: ["setTimeout"] });
  let told = 0;
  const board: TallyBoard = new TallyBoard((worker, changes) => {
    told++;
    tallies[worker]?.hear(changes);
  });
  const tallies = Array.from({ length: count }, (_, worker) => new SharedTally((changes) => board.hear(worker, changes)));
  for (const worker of tallies.keys()) board.join(worker);
  const pass = (): void => {
    for (let step = 0; step < 2; step++) mock.timers.tick(gatherMs);
  };
  return { board, tallies, pass, told: () => told };
}

test("R16: every worker counts what all have, its own at once, the others' after twice the time of gathering at most", (t) => {
  t.after(() => mock.timers.reset());
  const { tallies, board, pass } = crew(3);
  const [one, two, three] = tallies;
  assert.ok(one !== undefined && two !== undefined && three !== undefined);
  for (const tally of [one, one, two]) tally.add("a");
  three.add("b");
  assert.deepEqual([one.count("a"), two.count("a"), three.count("a")], [2, 1, 0]);
  pass();
  for (const tally of tallies) assert.deepEqual([tally.count("a"), tally.count("b"), board.count("a")], [3, 1, 3]);
  assert.deepEqual([one.elsewhere("a"), three.elsewhere("a")], [1, 3]);
  two.remove("a");
  pass();
  for (const tally of tallies) assert.equal(tally.count("a"), 2);
});

test("what a worker counted is gone with it, and a new one is told what the others have", (t) => {
  t.after(() => mock.timers.reset());
  const { tallies, board, pass } = crew(2);
  for (const tally of tallies) tally.add("a");
  pass();
  board.leave(0);
  pass();
  assert.deepEqual([tallies[1]?.count("a"), board.count("a")], [1, 1]);
  board.hear(0, { a: 7 });
  assert.equal(board.count("a"), 1, "a word that comes after the end counts for nothing");
  tallies[0] = new SharedTally((changes) => board.hear(0, changes));
  board.join(0);
  assert.equal(tallies[0].count("a"), 1);
});

test("many changes in one time of gathering are one message to each", (t) => {
  t.after(() => mock.timers.reset());
  const { tallies, pass, told } = crew(2);
  for (let index = 0; index < 1000; index++) tallies[0]?.add(`${index % 10}`);
  pass();
  assert.equal(told(), 2);
});
