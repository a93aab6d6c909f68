import { randomUUID } from 'node:crypto'
import type { Entitlement } from '../../definition/declare/entitlements.js'
import type { ControlClient } from '../buildkit/control.js'
import { GrpcError } from '../buildkit/grpc/grpc-error.js'
import type { DescribeCall } from '../port.js'

/** No builder has this frontend. */
const NO_FRONTEND = 'none'

/**
 * Returns which of some entitlements a BuildKit's configuration allows. BuildKit does not report them, but checks them
 * before anything else, so an entitlement is allowed if an empty build fails with it in the same way as without it.
 */
export async function allowedEntitlements(
  control: ControlClient,
  { entitlements = [], signal }: DescribeCall,
): Promise<ReadonlySet<Entitlement>> {
  if (entitlements.length === 0) return new Set()
  const [without, ...outcomes] = await Promise.all([
    outcomeOf(control, [], signal),
    ...entitlements.map((entitlement) => outcomeOf(control, [entitlement], signal)),
  ])
  return new Set(entitlements.filter((_entitlement, at) => outcomes[at] === without))
}

/** Runs a build that does nothing, and returns its error message; empty if it succeeds. */
async function outcomeOf(
  control: ControlClient,
  entitlements: readonly Entitlement[],
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    const ref = randomUUID()
    await control.solve(
      { ref, session: '', frontend: NO_FRONTEND, frontendAttributes: {}, entitlements, isInternal: true },
      { signal },
    )
    return ''
  } catch (error) {
    if (error instanceof GrpcError) return error.message
    throw error
  }
}
