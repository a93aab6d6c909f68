import type { Readable } from 'node:stream'
import type { MadeBase } from '../definition/declare/base/base-source.js'
import type { ReleaseFacts } from './apt/release-file.js'
import type { LayerRecord } from './layer-cache.js'
import type { ResolvedRootfs, RootfsCall } from './port.js'

/** How bases of one kind are made: the seam at which another package manager is added. */
export interface RootfsKind<Source extends MadeBase> {
  /** Reads only: all that decides the content, by what the lock says of the archive where it says anything. */
  resolve(source: Source, call: RootfsCall, locked?: ReleaseFacts): Promise<ResolvedRootfs>
  /** Reads only: what the archive is today. Left out where the source itself says which one it is to be. */
  current?(source: Source, call: RootfsCall): Promise<ReleaseFacts>
  /** Makes the root file system as a tar and hands it to `store`. */
  make(
    source: Source,
    resolved: ResolvedRootfs,
    call: RootfsCall,
    store: (tar: Readable) => Promise<LayerRecord>,
  ): Promise<LayerRecord>
}
