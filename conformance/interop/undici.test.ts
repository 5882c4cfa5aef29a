import { tryBothWays } from "./interop.ts";
import { undici } from "./peers/undici.ts";

tryBothWays(undici);
