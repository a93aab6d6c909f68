import { field, message } from '../grpc/messages.js'
import { type SessionService, unaryMethod } from './service.js'

/** @see https://github.com/grpc/grpc-proto/blob/master/grpc/health/v1/health.proto */
const check = {
  request: message('HealthCheckRequest', { service: field('string', 1) }),
  answer: message('HealthCheckResponse', { status: field('int32', 1) }),
}

const SERVING = 1

/** Responds to BuildKit's health checks: BuildKit closes a session that does not respond. */
export function healthService(): SessionService {
  return [unaryMethod('/grpc.health.v1.Health/Check', check, () => ({ status: SERVING }))]
}
