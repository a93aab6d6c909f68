import { EngineError } from '../../model/errors.js'
import { normalizePlatform } from '../../model/platform.js'
import { allowedEntitlements } from '../build/allowed-entitlements.js'
import type { BuildKitClient } from '../buildkit/client.js'
import { featuresOf, requestVersion } from '../buildkit-features.js'
import { withOlderVariants } from '../docker/runnable.js'
import type { BuilderInfo, DescribeCall } from '../port.js'

/** The types of caches that builds on a BuildKit of its own can use. */
const CACHES = {
  imports: ['registry', 'local', 'gha', 's3', 'azblob'],
  exports: ['inline', 'registry', 'local', 'gha', 's3', 'azblob'],
} as const

/** Requests the description of a BuildKit. @throws ENGINE_UNSUPPORTED if it is too old, or has no worker */
export async function describeRemote(
  address: string,
  buildKit: BuildKitClient,
  call: DescribeCall,
): Promise<BuilderInfo> {
  const { signal } = call
  const control = await buildKit.control(signal)
  const [version, [worker], entitlements] = await Promise.all([
    requestVersion(control, signal),
    control.listWorkers({ signal }),
    allowedEntitlements(control, call),
  ])
  if (version === undefined) {
    throw new EngineError('ENGINE_UNSUPPORTED', `the BuildKit at ${address} is older than 0.11`, {
      hint: 'use BuildKit 0.11 or newer',
    })
  }
  // Builds go to the first worker, which lists its own platform first.
  const [native, ...others] = (worker?.platforms ?? []).map(normalizePlatform)
  if (native === undefined) {
    throw new EngineError('ENGINE_UNSUPPORTED', `the BuildKit at ${address} has no worker that runs a platform`, {
      hint: "check its workers with 'buildctl debug workers'",
    })
  }
  return {
    address,
    version: version.version.replace(/^v/, ''),
    native,
    runnable: withOlderVariants([native, ...others]),
    features: featuresOf(version, { pushes: true, layouts: true, caches: CACHES, entitlements }),
  }
}
