/** The function that a jsonp or htmlfile request names, or the body of the refusal. */
export type CallbackName = { readonly ok: true; readonly name: string } | { readonly ok: false; readonly fault: string };

/** Long enough for every client, too short to carry a program. */
const mostCharacters = 64;

/** Reads the parameter `c` or `callback`: it is written into a script, so only letters, digits, `-`, `_` and `.` may stand in it. */
export function callbackName(query: URLSearchParams): CallbackName {
  const name = query.get("c") ?? query.get("callback") ?? "";
  if (name === "") return { ok: false, fault: '"callback" parameter required' };
  if (name.length > mostCharacters || !/^[\w.-]+$/.test(name)) return { ok: false, fault: 'invalid "callback" parameter' };
  return { ok: true, name };
}
