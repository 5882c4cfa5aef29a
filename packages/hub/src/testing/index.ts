export { type BrokerBench, type BrokerContractOptions, brokerContract } from "./broker-contract.ts";
export { type BrokerRule, brokerRules } from "./broker-rules.ts";
export { Ear } from "./ear.ts";
