import { tryBothWays } from "./interop.ts";
import { gorilla } from "./peers/gorilla.ts";

tryBothWays(gorilla);
