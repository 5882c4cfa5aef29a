import { explain, violationKinds } from "@openline/hub/testing";
import { paint, type Terminal } from "../terminal.ts";
import { faultTexts } from "./redis-control.ts";
import type { Progress, VerificationResult } from "./verification.ts";
import type { VerifySettings } from "./verify-settings.ts";

const shown = (value: number): string => value.toLocaleString("en-US");

/** One line that says how far the run is. */
export function progressLine({ elapsedMs, phase, acknowledged, delivered, disconnects }: Progress, { durationMs }: VerifySettings): string {
  const seconds = Math.min(Math.floor(elapsedMs / 1000), Math.round(durationMs / 1000));
  const where = phase === "settling" ? "settling" : `${seconds} of ${Math.round(durationMs / 1000)} s`;
  return `${where}   ${shown(acknowledged)} stored   ${shown(delivered)} delivered   ${shown(disconnects)} connections lost`;
}

/** What was found, for people. */
export function verdictText(settings: VerifySettings, result: VerificationResult, terminal: Terminal): string {
  const { verdict, isCalm, faults } = result;
  const head = verdict.isHeld ? paint(terminal, "bold", "The contract held.") : paint(terminal, "yellow", "The contract was violated.");
  return [
    `${head} ${verdict.isHeld ? heldText : ""}`.trimEnd(),
    "",
    ...table(result),
    ...(faults.length > 0
      ? [
          `  faults of the broker: ${[...new Set(faults)].map((fault) => `${faultTexts[fault]} × ${faults.filter((one) => one === fault).length}`).join("; ")}`,
        ]
      : []),
    "",
    ...(verdict.isHeld ? [] : violationLines(result)),
    ...(isCalm ? [] : ["Not everyone was back and up to date when the time for that was over: what came later was not seen.", ""]),
    ...(verdict.isHeld ? hints(settings, result) : []),
    `Seed ${settings.seed}. The same again: ${again(settings)}`,
    "",
  ].join("\n");
}

const heldText = "No message was lost, doubled or out of order, and no client was told `recovered: true` that had missed one.";

function table({ verdict: { counts } }: VerificationResult): string[] {
  const rows: [number, string][] = [
    [counts.acknowledged, "publishes acknowledged as stored"],
    [counts.unanswered, "publishes without an answer (the session went first: stored or not, both are right)"],
    [counts.refused, "publishes refused"],
    [counts.delivered, "messages delivered"],
    [counts.disconnects, "rooms lost with a connection"],
    [counts.recovered, "came back with recovered: true"],
    [counts.notRecovered, "came back with recovered: false (told to reload)"],
    [counts.insufficient, "told to reload while connected (insufficient)"],
    [counts.gaps, "told of a gap (slow reader)"],
    [counts.lostButTold, "stored messages that the store has lost, everyone having been told"],
  ];
  return rows.filter(([count], index) => count > 0 || index === 0).map(([count, text]) => `  ${shown(count).padStart(9)}  ${text}`);
}

function violationLines({ verdict, observations }: VerificationResult): string[] {
  const { violations } = verdict;
  const kinds = [...new Set(violations.map(({ kind }) => kind))];
  const [first] = violations;
  if (first === undefined) return [];
  return [
    `${shown(violations.length)} violations: ${kinds.map((kind) => `${kind} × ${violations.filter((one) => one.kind === kind).length}`).join(", ")}. The first one:`,
    "",
    explain(observations, first, 12),
    "",
    "Times are from the start of the run; the last line shows the violation. Note that one cause often shows as many violations.",
    "",
  ];
}

/** A run in which little happened proves little: says what it did not try. */
function hints({ broker, brokerFaults, unrest, urls }: VerifySettings, { verdict: { counts } }: VerificationResult): string[] {
  const list = [
    ...(counts.acknowledged < 100 ? ["Few messages were stored: a longer --duration or a higher --rate shows more."] : []),
    ...(unrest ? [] : ["--calm: no client lost its connection, so recovery was not tried."]),
    ...(broker !== undefined && brokerFaults.length === 0
      ? ["Nothing was done to the broker: --broker-fault cut, pause or hang allows it (every client of that Redis feels it)."]
      : []),
    ...(urls.length === 1 && broker !== undefined
      ? ["With --url given for each node, clients are spread over all and move between them."]
      : []),
  ];
  return list.length === 0 ? [] : [...list, ""];
}

function again({ urls, seed, clients, rooms, durationMs }: VerifySettings): string {
  const where = urls.map((url) => `--url ${url}`).join(" ");
  return `openline verify ${where} --seed ${seed} --clients ${clients} --rooms ${rooms} --duration ${Math.round(durationMs / 1000)}s (same actions; the server's timing is its own)`;
}

/** What was found, as one line of JSON. */
export function verdictJson(settings: VerifySettings, { verdict, isCalm, faults, observations }: VerificationResult): string {
  const { urls, seed, clients, rooms, durationMs } = settings;
  const violations = verdict.violations.slice(0, 100).map((violation) => {
    const { kind, room, client, text } = violation;
    return { kind, meaning: violationKinds[kind], room, client, text, context: explain(observations, violation).split("\n").slice(2) };
  });
  const result = { held: verdict.isHeld, seed, urls, clients, rooms, durationMs, settled: isCalm, faults, counts: verdict.counts };
  return `${JSON.stringify({ ...result, violationCount: verdict.violations.length, violations })}\n`;
}
