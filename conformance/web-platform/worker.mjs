// On Node 20 the loader that tests are started with is not there in worker threads.
import { register } from "tsx/esm/api";

register();
await import("./worker.ts");
