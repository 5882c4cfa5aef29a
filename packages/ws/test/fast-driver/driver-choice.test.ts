import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { DRIVER_VARIABLE, type DriverChoice, driverChoice } from "../../src/fast-driver/driver-choice.ts";

function setEnvironment(t: TestContext, value: string | undefined): void {
  const before = process.env[DRIVER_VARIABLE];
  const put = (to: string | undefined): void => {
    if (to === undefined) Reflect.deleteProperty(process.env, DRIVER_VARIABLE);
    else process.env[DRIVER_VARIABLE] = to;
  };
  put(value);
  t.after(() => put(before));
}

const cases: [option: DriverChoice | undefined, environment: string | undefined, choice: DriverChoice][] = [
  [undefined, undefined, "auto"],
  ["fast", undefined, "fast"],
  ["fast", "auto", "fast"],
  ["auto", "fast", "auto"],
  [undefined, "fast", "fast"],
  [undefined, "auto", "auto"],
  [undefined, "portable", "portable"],
  ["fast", "portable", "portable"],
  ["portable", "fast", "portable"],
  ["auto", "", "auto"],
];

for (const [option, environment, choice] of cases) {
  test(`the option ${option ?? "left out"} with ${DRIVER_VARIABLE}=${environment ?? "(unset)"} is ${choice}`, (t) => {
    setEnvironment(t, environment);
    assert.equal(driverChoice(option), choice);
  });
}

test("another option throws and names the value", () => {
  assert.throws(() => driverChoice("turbo" as DriverChoice), { name: "TypeError", code: "USAGE_DRIVER", message: /"turbo"/ });
});

test("another value in the environment is warned of once, and ignored", async (t) => {
  setEnvironment(t, "turbo");
  const warning = once(process, "warning") as Promise<[Error & { code?: string }]>;
  assert.equal(driverChoice("fast"), "fast");
  assert.equal(driverChoice("fast"), "fast");
  const [first] = await warning;
  assert.equal(first.code, "OPENLINE_DRIVER_VARIABLE");
  assert.match(first.message, /"turbo"/);
});
