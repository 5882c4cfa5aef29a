import type { IncomingMessage, ServerResponse } from "node:http";
import type { Fields } from "./answer.ts";

/** Whether session URLs set the cookie that some load balancers want, or a function that sets it in its own way. */
export type JsessionidOption = boolean | ((request: IncomingMessage, response: ServerResponse) => void);

/** The value that the client sent, or "dummy": only that there is one matters. */
export function jsessionidFields(option: JsessionidOption, request: IncomingMessage, response: ServerResponse): Fields {
  if (typeof option === "function") {
    option(request, response);
    return {};
  }
  if (!option) return {};
  const value = /(?:^|;)\s*JSESSIONID=([^;\s]*)/.exec(request.headers.cookie ?? "")?.[1];
  return { "Set-Cookie": `JSESSIONID=${value ?? "dummy"}; path=/` };
}
