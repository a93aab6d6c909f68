import { shortDigest } from '../model/digest.js'
import { formatPlatform, type Platform } from '../model/platform.js'
import { oneLine } from './plain-words.js'
import { alignColumns, formatBytes } from './units.js'

/** The part of an inspection that is shown as text. */
export interface InspectionText {
  readonly reference: string
  readonly digest: string
  readonly manifest: unknown
  readonly images: readonly {
    readonly digest: Parameters<typeof shortDigest>[0]
    readonly declared?: Platform
    readonly config?: Platform
    readonly size: number
    readonly layers: number
    readonly base?: { readonly name?: string; readonly digest?: string }
  }[]
}

/** What a name holds, as text: the manifest as JSON, then a line for each image. */
export function formatInspection({ reference, digest, manifest, images }: InspectionText): string {
  const head = ['platform', 'config says', 'size', 'layers', 'digest', 'base']
  const rows = images.map(({ declared, config, size, layers, base, digest: own }) => [
    declared === undefined ? '-' : oneLine(formatPlatform(declared)),
    config === undefined ? 'nothing' : oneLine(formatPlatform(config)),
    formatBytes(size),
    String(layers),
    shortDigest(own),
    oneLine(base?.name ?? base?.digest ?? '-'),
  ])
  return `${reference}@${digest}\n${JSON.stringify(manifest, null, 2)}\n${alignColumns([head, ...rows])}`
}
