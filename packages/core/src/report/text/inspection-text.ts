import { shortDigest } from '../../model/digest.js'
import { formatPlatform, type Platform } from '../../model/platform.js'
import { escapeJson, escapeLine } from '../escape.js'
import { alignColumns, formatBytes } from '../units.js'

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
  readonly blobs?: readonly { readonly mediaType: string; readonly size: number }[]
}

/**
 * Formats inspected images: the manifest as JSON, then one line per image; names of the same manifest are printed
 * together.
 */
export function formatInspections(inspections: readonly InspectionText[]): string {
  const byDigest = new Map<string, InspectionText[]>()
  for (const one of inspections) byDigest.set(one.digest, [...(byDigest.get(one.digest) ?? []), one])
  return [...byDigest.values()].map(formatSame).join('\n')
}

function formatSame(inspections: readonly InspectionText[]): string {
  const [first] = inspections
  const names = inspections.map(({ reference, digest }) => `${escapeLine(`${reference}@${digest}`)}\n`).join('')
  return first === undefined ? '' : names + formatContent(first)
}

function formatContent({ manifest, images, blobs = [] }: InspectionText): string {
  const head = ['platform', 'config says', 'size', 'layers', 'digest', 'base']
  const rows = images.map(({ declared, config, size, layers, base, digest: own }) => [
    declared === undefined ? '-' : escapeLine(formatPlatform(declared)),
    config === undefined ? 'nothing' : escapeLine(formatPlatform(config)),
    formatBytes(size),
    String(layers),
    shortDigest(own),
    escapeLine(base?.name ?? base?.digest ?? '-'),
  ])
  return `${escapeJson(manifest, 2)}\n${alignColumns([head, ...rows])}${formatBlobs(blobs)}`
}

function formatBlobs(blobs: NonNullable<InspectionText['blobs']>): string {
  if (blobs.length === 0) return ''
  const types = [...new Set(blobs.map(({ mediaType }) => escapeLine(mediaType)))]
  const size = blobs.reduce((sum, blob) => sum + blob.size, 0)
  return `${blobs.length} ${blobs.length === 1 ? 'entry is' : 'entries are'} not an image, ${formatBytes(size)}: ${types.join(', ')}\n`
}
