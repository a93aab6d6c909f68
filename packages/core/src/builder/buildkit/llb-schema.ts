/**
 * The part of BuildKit's low-level build format (LLB) in use, with its field numbers. BuildKit 0.8, in Docker Engine
 * 20.10, and newer versions accept the same messages.
 *
 * @see https://github.com/moby/buildkit/blob/v0.20.0/solver/pb/ops.proto
 */
export const LLB_SCHEMA = `
syntax = "proto3";

message Op {
  repeated Input inputs = 1;
  ExecOp exec = 2;
  SourceOp source = 3;
  Platform platform = 10;
}

message Input {
  string digest = 1;
  int64 index = 2;
}

message Platform {
  string Architecture = 1;
  string OS = 2;
  string Variant = 3;
}

message ExecOp {
  Meta meta = 1;
  repeated Mount mounts = 2;
  int32 network = 3;
}

message Meta {
  repeated string args = 1;
  repeated string env = 2;
  string cwd = 3;
  string user = 4;
}

message Mount {
  int64 input = 1;
  string dest = 3;
  int64 output = 4;
  bool readonly = 5;
}

message SourceOp {
  string identifier = 1;
  map<string, string> attrs = 2;
}
`
