import { messageTypes } from '../grpc/messages.js'
import { type SessionService, unaryMethod } from './service.js'

/** @see https://github.com/grpc/grpc-proto/blob/master/grpc/health/v1/health.proto */
const SCHEMA = `
syntax = "proto3";

message HealthCheckRequest {
  string service = 1;
}

message HealthCheckResponse {
  int32 status = 1;
}
`

const SERVING = 1

/** Responds to BuildKit's health checks: BuildKit closes a session that does not respond. */
export function healthService(): SessionService {
  const type = messageTypes(SCHEMA)
  const types = {
    request: type<{ service: string }>('HealthCheckRequest'),
    answer: type<{ status: number }>('HealthCheckResponse'),
  }
  return [unaryMethod('/grpc.health.v1.Health/Check', types, () => ({ status: SERVING }))]
}
