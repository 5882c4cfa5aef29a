import type { Outcome } from "./run-parts.ts";

const undefinedCode = "with two arguments Chromium takes an undefined code for 0, where Web IDL §3.7.7 takes it for left out";

/** Rules that cannot hold in a place, by name, with the reason. One that holds nevertheless is a fault: the line has to go. */
export const expectations: Readonly<Record<"node" | "chromium", Readonly<Record<string, string>>>> = {
  node: {
    "the events are trusted (DOM §2.2)": "only Node itself can mark an Event as trusted, and offers no way to ask for it",
  },
  chromium: {
    '"ws://a b/" is no URL: SyntaxError (WebSockets §3.1 constructor)': "Chromium's URLs take a space in a host",
    'close(...["undefined",""]) ends with 1005 and its reason, clean (WebSockets §3.1 close)': undefinedCode,
    'close(...["undefined","why"]) ends with 1000 and its reason, clean (WebSockets §3.1 close)': undefinedCode,
    'a reason of 124 times "a" is a SyntaxError (WebSockets §3.1 close)': undefinedCode,
    'a reason of 62 times "é" is a SyntaxError (WebSockets §3.1 close)': undefinedCode,
    'a reason of 42 times "\\ud800" is a SyntaxError (WebSockets §3.1 close)': undefinedCode,
    "a signal that is aborted already rejects both with its reason (WebSockets §4 constructor)":
      "Chromium rejects with an AbortError of its own",
    "text comes as strings, binary as Uint8Arrays; buffers and views leave as binary (WebSockets §4 write)":
      "Chromium still hands out ArrayBuffers; the explainer changed to Uint8Array in January 2024",
    "close(...[999.6]) ends with 1000 and its reason, clean (WebSockets §3.1 close)":
      "Chromium cuts the fraction off instead of rounding (Web IDL §3.3.6)",
  },
};

/** What is not as it is expected to be, as lines for people: rules that do not hold, and exceptions that hold nevertheless. */
export function unexpected(place: keyof typeof expectations, outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap(({ part, name, fault }) => {
    const reason = expectations[place][name];
    if (reason === undefined) return fault === undefined ? [] : [`${part}: ${name}: ${fault}`];
    return fault === undefined ? [`${part}: ${name}: holds, although ${reason}`] : [];
  });
}

/** How many hold, for people. */
export function countOf(outcomes: readonly Outcome[]): string {
  return `${outcomes.filter(({ fault }) => fault === undefined).length} of ${outcomes.length} rules hold`;
}
