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
  readonly attestations?: readonly {
    readonly subject: string
    readonly stored: string
    readonly kind: string
    readonly type?: string
    readonly digest: Parameters<typeof shortDigest>[0]
  }[]
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

function formatContent({ manifest, images, blobs = [], attestations, digest }: InspectionText): string {
  const head = ['platform', 'config', 'size', 'layers', 'digest', 'base']
  const rows = images.map(({ declared, config, size, layers, base, digest: own }) => [
    declared === undefined ? '-' : escapeLine(formatPlatform(declared)),
    config === undefined ? 'nothing' : escapeLine(formatPlatform(config)),
    formatBytes(size),
    String(layers),
    shortDigest(own),
    escapeLine(base?.name ?? base?.digest ?? '-'),
  ])
  return `${escapeJson(manifest, 2)}\n${alignColumns([head, ...rows])}${formatBlobs(blobs)}${formatAttestations(attestations, images, digest)}`
}

function formatBlobs(blobs: NonNullable<InspectionText['blobs']>): string {
  if (blobs.length === 0) return ''
  const types = [...new Set(blobs.map(({ mediaType }) => escapeLine(mediaType)))]
  const size = blobs.reduce((sum, blob) => sum + blob.size, 0)
  return `${blobs.length} ${blobs.length === 1 ? 'entry is' : 'entries are'} not an image, ${formatBytes(size)}: ${types.join(', ')}\n`
}

function formatAttestations(
  attestations: InspectionText['attestations'],
  images: InspectionText['images'],
  index: string,
): string {
  if (attestations === undefined) return ''
  if (attestations.length === 0) return 'no attestations\n'
  const platforms = new Map(images.map(({ digest, declared }) => [digest as string, declared]))
  const subjectOf = (subject: string) => {
    const platform = platforms.get(subject)
    return platform === undefined ? (subject === index ? 'index' : '-') : formatPlatform(platform)
  }
  const rows = attestations.map(({ subject, kind, stored, type = '-', digest }) => [
    escapeLine(subjectOf(subject)),
    kind,
    stored,
    shortDigest(digest),
    escapeLine(type),
  ])
  return `\n${alignColumns([['attested', 'kind', 'stored', 'digest', 'type'], ...rows])}`
}
