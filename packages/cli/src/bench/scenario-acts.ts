import type { BenchClient } from "./bench-client.ts";
import type { BenchDriver } from "./bench-driver.ts";
import type { Scenario } from "./bench-plan.ts";
import { clockMs } from "./message-form.ts";
import { onSchedule, pause } from "./schedule.ts";

/** What a driver does once its connections stand, until its signal. */
export const acts: Readonly<Record<Scenario, (driver: BenchDriver) => Promise<void>>> = {
  echo,
  "fan-out": fanOut,
  idle: async ({ signal }) => await untilOver(signal),
  handshakes,
  jitter,
  avalanche,
  "slow-readers": slowReaders,
};

async function untilOver(signal: AbortSignal): Promise<void> {
  await pause(2 ** 31 - 1, signal);
}

/** With a rate each message is due at its time; without one each answer is followed by the next message. */
async function echo(driver: BenchDriver): Promise<void> {
  const { plan, clients, signal } = driver;
  if (plan.ratePerSecond !== undefined) {
    let turn = 0;
    const sendNext = (dueMs: number): void => {
      const client = clients[turn++ % clients.length];
      if (client !== undefined) driver.send(client, dueMs);
    };
    return await onSchedule(driver.ratePerSecond(1), signal, sendNext, driver.phase);
  }
  driver.onHeard = (client) => {
    if (!signal.aborted) driver.send(client);
  };
  for (const client of clients) for (let count = 0; count < plan.inFlight; count++) driver.send(client);
  await untilOver(signal);
}

/** One connection of the first driver sends, all hear it. */
async function fanOut(driver: BenchDriver): Promise<void> {
  const [sender] = driver.clients;
  if (!driver.isFirst || sender === undefined) return await untilOver(driver.signal);
  await onSchedule(driver.plan.ratePerSecond ?? 10, driver.signal, (dueMs) => driver.send(sender, dueMs));
}

/** Opens and closes again and again: at a rate, or as many at a time as there are connections. */
async function handshakes(driver: BenchDriver): Promise<void> {
  const { plan, clients, signal } = driver;
  const visit = async (client: BenchClient, dueMs: number): Promise<void> => {
    let isOpen = false;
    await driver.awaiting(client, dueMs, async () => {
      isOpen = await driver.open(client, true, dueMs);
    });
    if (client.isReady) driver.sheet.open--;
    await client.close();
    // What fails at once, as without file descriptors, would fail again and again and let nothing else run.
    if (!isOpen) await pause(100, signal);
  };
  if (plan.ratePerSecond === undefined) {
    await Promise.all(
      clients.map(async (client) => {
        while (!signal.aborted) await visit(client, clockMs());
      }),
    );
    return;
  }
  const free = [...clients];
  const visitNext = (dueMs: number): void => {
    const client = free.pop();
    if (client === undefined) return driver.sheet.failed("all connections of the bench are busy");
    return void visit(client, dueMs).then(() => free.push(client));
  };
  await onSchedule(driver.ratePerSecond(1), signal, visitNext, driver.phase);
}

/** Clients lose their line at random, and come back after up to a second; how long the way back takes is measured. */
async function jitter(driver: BenchDriver): Promise<void> {
  const { clients, signal } = driver;
  const dropOne = (): void => {
    const client = clients[Math.floor(Math.random() * clients.length)];
    if (client?.isReady !== true) return;
    driver.drop(client);
    void pause(Math.random() * 1000, signal).then(async () => await comeBack(driver, client, clockMs()));
  };
  await onSchedule(driver.ratePerSecond(driver.plan.connections / 10), signal, dropOne, driver.phase);
}

/** All lose their line at once and come back at once, as after a restart of the network; how long each takes is measured. */
async function avalanche(driver: BenchDriver): Promise<void> {
  const { clients, signal } = driver;
  for (const client of clients) driver.drop(client);
  const fromMs = clockMs();
  await Promise.all(clients.map(async (client) => await comeBack(driver, client, fromMs)));
  await untilOver(signal);
}

/** Whoever is turned away waits up to a second, and tries again. */
async function comeBack(driver: BenchDriver, client: BenchClient, fromMs: number): Promise<void> {
  if (driver.signal.aborted) return;
  await driver.awaiting(client, fromMs, async () => {
    while (!(await driver.open(client, true, fromMs))) {
      await pause(100 + Math.random() * 900, driver.signal);
      // Still awaited: what was turned away until the end did not come back.
      if (driver.signal.aborted) await untilOver(new AbortController().signal);
    }
  });
}

/** As fan-out; half-way a share of the readers stops to read. */
async function slowReaders(driver: BenchDriver): Promise<void> {
  const { plan, clients, signal } = driver;
  const sending = fanOut(driver);
  await pause(plan.durationMs / 2, signal);
  const [, ...readers] = clients;
  for (const client of readers.slice(0, Math.ceil(readers.length * plan.slowShare))) client.pause();
  await sending;
}
