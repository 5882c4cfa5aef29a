export { Line, type LineHandlers, type LineOptions } from "./line.ts";
export { PrivateSocket } from "./private-socket.ts";
export { StoreDesk } from "./store-desk.ts";
export { WorkerBroker } from "./worker-broker.ts";
