import { normalizePlatform, type Platform } from '../../model/platform.js'

/** What an engine says of the machine under it. */
export interface EngineMachine {
  readonly os: string
  /** What the engine itself was compiled for: `arm`, without a variant. */
  readonly architecture: string
  /** The kernel's word, as in `uname -m`: `armv6l`. It may be of 64 bits under a system of 32. */
  readonly machine: string | undefined
}

/** The platform of an engine: its own architecture, with the variant that the kernel tells of an arm. */
export function nativePlatform({ os, architecture, machine }: EngineMachine): Platform {
  const own = normalizePlatform({ os, architecture })
  const kernel = normalizePlatform({ os, architecture: machine ?? architecture })
  return own.architecture === kernel.architecture ? kernel : own
}
