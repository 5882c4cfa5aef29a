export * from "./duplex-pair.ts";
export * from "./fake-clock.ts";
export * from "./fault-proxy.ts";
export * from "./free-port.ts";
export * from "./programs.ts";
export * from "./redis-cluster.ts";
export * from "./redis-server.ts";
