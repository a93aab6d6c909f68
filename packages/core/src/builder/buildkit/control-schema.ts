/**
 * The part of BuildKit's control API in use, with its field numbers. Field numbers are stable: BuildKit 0.8, in Docker
 * Engine 20.10, and newer versions accept the same messages.
 *
 * @see https://github.com/moby/buildkit/blob/v0.20.0/api/services/control/control.proto
 * @see https://github.com/moby/buildkit/blob/v0.20.0/solver/pb/ops.proto
 * @see https://github.com/moby/buildkit/blob/v0.20.0/sourcepolicy/pb/policy.proto
 */
export const CONTROL_SCHEMA = `
syntax = "proto3";

message SolveRequest {
  string Ref = 1;
  Definition Definition = 2;
  string Exporter = 3;
  map<string, string> ExporterAttrs = 4;
  string Session = 5;
  string Frontend = 6;
  map<string, string> FrontendAttrs = 7;
  CacheOptions Cache = 8;
  repeated string Entitlements = 9;
  bool Internal = 11;
  Policy SourcePolicy = 12;
}

message Definition {
  repeated bytes def = 1;
  map<string, OpMetadata> metadata = 2;
}

message OpMetadata {
  bool ignore_cache = 1;
  map<string, string> description = 2;
}

message CacheOptions {
  repeated CacheEntry Exports = 4;
}

message CacheEntry {
  string Type = 1;
  map<string, string> Attrs = 2;
}

message Policy {
  int64 version = 1;
  repeated Rule rules = 2;
}

message Rule {
  int32 action = 1;
  Selector selector = 2;
  Update updates = 3;
}

message Selector {
  string identifier = 1;
  int32 match_type = 2;
}

message Update {
  string identifier = 1;
}

message SolveResponse {
  map<string, string> ExporterResponse = 1;
}

message StatusRequest {
  string Ref = 1;
}

message Empty {
}

message InfoResponse {
  Version buildkitVersion = 1;
}

message Version {
  string package = 1;
  string version = 2;
  string revision = 3;
}

message ListWorkersResponse {
  repeated Worker record = 1;
}

message Worker {
  string ID = 1;
  map<string, string> Labels = 2;
  repeated Platform platforms = 3;
  repeated GcRule GCPolicy = 4;
}

message GcRule {
  bool all = 1;
  int64 keepDuration = 2;
  int64 reservedSpace = 3;
  repeated string filters = 4;
  int64 maxUsedSpace = 5;
  int64 minFreeSpace = 6;
}

message Platform {
  string architecture = 1;
  string os = 2;
  string variant = 3;
}

message PruneRequest {
  repeated string filter = 1;
  bool all = 2;
}

message DiskUsageResponse {
  repeated UsageRecord record = 1;
}

message UsageRecord {
  string ID = 1;
  bool Mutable = 2;
  bool InUse = 3;
  int64 Size = 4;
  string Description = 9;
  string RecordType = 10;
  bool Shared = 11;
}

message BytesMessage {
  bytes data = 1;
}
`
