import { normalizePlatform, type Platform } from '../../model/platform.js'

/** Fields of an engine about its machine. */
export interface EngineMachine {
  readonly os: string
  /** The architecture that the engine itself was compiled for: `arm`, without a variant. */
  readonly architecture: string
  /** The kernel's word, as in `uname -m`: `armv6l`. It may be of 64 bits under a system of 32. */
  readonly machine: string | undefined
}

/** Returns the platform of an engine: its own architecture, with the variant from the kernel for arm. */
export function nativePlatform({ os, architecture, machine }: EngineMachine): Platform {
  const own = normalizePlatform({ os, architecture })
  const kernel = normalizePlatform({ os, architecture: machine ?? architecture })
  return own.architecture === kernel.architecture ? kernel : own
}
