import { tryBothWays } from "./interop.ts";
import { python } from "./peers/python.ts";

tryBothWays(python);
