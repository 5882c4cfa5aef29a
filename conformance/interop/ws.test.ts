import { tryBothWays } from "./interop.ts";
import { npmWs } from "./peers/ws.ts";

tryBothWays(npmWs);
