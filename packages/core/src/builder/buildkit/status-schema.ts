/**
 * The part of BuildKit's status message that is decoded, with its field numbers.
 *
 * @see https://github.com/moby/buildkit/blob/v0.13.0/api/services/control/control.proto
 * @see https://github.com/moby/buildkit/blob/v0.13.0/solver/pb/ops.proto
 */
export const STATUS_SCHEMA = `
syntax = "proto3";

message Status {
  repeated Vertex vertexes = 1;
  repeated Progress statuses = 2;
  repeated Log logs = 3;
  repeated Warning warnings = 4;
}

message Vertex {
  string digest = 1;
  string name = 3;
  bool cached = 4;
  Time started = 5;
  Time completed = 6;
  string error = 7;
}

message Progress {
  string id = 1;
  string vertex = 2;
  string name = 3;
  int64 current = 4;
  int64 total = 5;
}

message Log {
  string vertex = 1;
  int64 stream = 3;
  bytes data = 4;
}

message Warning {
  string vertex = 1;
  int64 level = 2;
  bytes summary = 3;
  repeated bytes details = 4;
  string url = 5;
  repeated Range ranges = 7;
}

message Range {
  Position start = 1;
  Position end = 2;
}

message Position {
  int32 line = 1;
  int32 character = 2;
}

message Time {
  int64 seconds = 1;
  int32 nanos = 2;
}
`
