import type { AptBase, BaseSource, MadeBase, RootfsBase } from '../base-source.js'
import { aptKind } from './apt-kind.js'
import { archiveKind } from './archive-kind.js'

/** The kinds of the core, by the `kind` of a plugin's answer, which is also their name in a lock. */
export const CORE_KINDS = { apt: aptKind, rootfs: archiveKind } as const

/** Returns a base that is made on this machine, with the kind that makes it; undefined for all others. */
export function madeBase(source: AptBase | RootfsBase | MadeBase): MadeBase
export function madeBase(source: BaseSource): MadeBase | undefined
export function madeBase(source: BaseSource): MadeBase | undefined {
  switch (source.kind) {
    case 'made':
      return source
    case 'apt':
      return { kind: 'made', by: CORE_KINDS.apt, source } satisfies MadeBase<AptBase>
    case 'rootfs':
      return { kind: 'made', by: CORE_KINDS.rootfs, source } satisfies MadeBase<RootfsBase>
    default:
      return undefined
  }
}
