import { type Digest, digestOf } from '../../model/digest.js'
import type { Platform } from '../../model/platform.js'
import type { LlbDefinition } from './control-schema.js'
import type { Encoded } from './grpc/messages.js'
import { op } from './llb-schema.js'

/** One process in an image. */
export interface ExecOptions {
  /** The whole name of the image, with its digest. */
  readonly image: string
  readonly platform: Platform
  readonly args: readonly string[]
  /** `NAME=value` */
  readonly env: readonly string[]
  readonly cwd: string
  /** Name or number, with a group after a colon. Empty for root. */
  readonly user: string
  readonly network: 'none' | 'default'
  /** A directory of the session, by its name there, and where the process sees it, read-only. */
  readonly mount?: { readonly directory: string; readonly target: string } | undefined
  /** Name of the step in progress. */
  readonly name: string
}

/** BuildKit's numbers of networks. */
const NETWORKS = { default: 0, none: 2 } as const

/** Output of a mount whose changes are dropped. */
const NO_OUTPUT = -1

/**
 * A build that runs one process in an image and keeps nothing of what it changes. It never takes the result from the
 * cache, because BuildKit does not repeat the output of a cached step.
 */
export function execDefinition(options: ExecOptions): LlbDefinition {
  const { architecture, os, variant } = options.platform
  const platform = { Architecture: architecture, OS: os, ...(variant !== undefined && { Variant: variant }) }
  const { mount, name } = options
  const image = operation({ source: { identifier: `docker-image://${options.image}` }, platform })
  const files = mount && operation({ source: { identifier: `local://${mount.directory}` }, platform })
  const exec = operation({
    inputs: [image, ...(files ? [files] : [])].map(({ digest }) => ({ digest, index: 0 })),
    exec: {
      meta: { args: options.args, env: options.env, cwd: options.cwd, user: options.user },
      mounts: [
        { input: 0, dest: '/', output: 0 },
        ...(mount ? [{ input: 1, dest: mount.target, output: NO_OUTPUT, readonly: true }] : []),
      ],
      network: NETWORKS[options.network],
    },
    platform,
  })
  const result = operation({ inputs: [{ digest: exec.digest, index: 0 }] })
  const operations = [image, ...(files ? [files] : []), exec, result]
  const metadata = { [exec.digest]: { ignore_cache: true, description: { 'llb.customname': name } } }
  return { def: operations.map(({ bytes }) => bytes), metadata }
}

function operation(message: Encoded<typeof op>): { readonly bytes: Uint8Array; readonly digest: Digest } {
  const bytes = op.encode(message)
  return { bytes, digest: digestOf(bytes) }
}
