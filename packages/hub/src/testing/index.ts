export { type BrokerBench, type BrokerContractOptions, brokerContract } from "./broker-contract.ts";
export { type BrokerRule, brokerRules } from "./broker-rules.ts";
export { Ear } from "./ear.ts";
export {
  assertHistory,
  checkHistory,
  explain,
  type HistoryCounts,
  type HistoryVerdict,
  type Violation,
  violationKinds,
} from "./history-checker.ts";
export { HubStation } from "./hub-station.ts";
export { type Observation, type Observations, type SeenMessage, type ViolationKind } from "./observation.ts";
export { type Line, Witness, type WitnessOptions } from "./witness.ts";
export { type Station, seeded, Workload, type WorkloadOptions } from "./workload.ts";
