import { holdEveryCase } from "../hold.ts";

holdEveryCase("server", true);
holdEveryCase("client", true);
