import {
  type Base,
  type BaseAnswer,
  type BaseIssue,
  type DistributionOptions,
  defineDistribution,
  formatPlatform,
  mirrorIssue,
  type Platform,
  type Release,
  type ReleaseName,
} from '@polyarch/core/plugin'
import { minirootfs } from './minirootfs/minirootfs-kind.js'
import { ALPINE } from './releases.js'

/** A root file system archive of Alpine. */
export interface MinirootfsArchive {
  /** Its version: `3.24.1`. */
  readonly version: string
  /** Hex sha256 of the archive for the platform. */
  readonly sha256: string
}

/** Options of `platform(..., { base: 'alpine' })`. */
export interface AlpineOptions extends DistributionOptions<ReleaseName<typeof ALPINE>, never, 'apk' | 'minirootfs'> {
  /** For `minirootfs`: one archive by its checksum, in place of the newest of the release. */
  readonly archive?: MinirootfsArchive
}

const table = defineDistribution(ALPINE)
const SOURCES = ['registry', 'apk', 'minirootfs']

/** Makes the base of Alpine: the sources of its table, and its root file system archives. */
export function alpineBase(defaults: AlpineOptions): Base<AlpineOptions> {
  return {
    platforms: table.platforms,
    optionNames: [...table.optionNames, 'archive'],
    source: ({ platform, options }) => answer(platform, { ...defaults, ...options }),
  }
}

function answer(platform: Platform, { archive, ...options }: AlpineOptions): BaseAnswer | readonly BaseIssue[] {
  const { source = 'registry', ...others } = options
  if (!SOURCES.includes(source)) {
    return [issue('source', `source '${source}' does not exist`, "use 'registry', 'apk' or 'minirootfs'")]
  }
  if (source === 'minirootfs') return archiveBase(platform, others, archive)
  if (archive !== undefined) {
    return [issue('archive', "option 'archive' applies to root file system archives only", "set source: 'minirootfs'")]
  }
  return issuesOr(table.source({ platform, options: { ...others, source } }))
}

type Answer = ReturnType<typeof table.source>

function issuesOr(found: Answer): BaseAnswer | readonly BaseIssue[] {
  if (!('kind' in found)) return found
  return found.kind === 'issue' ? [found] : found
}

const UNUSED = ['flavor', 'image', 'frozen', 'keyring', 'packages'] as const

function archiveBase(
  platform: Platform,
  { mirror, release, ...others }: Omit<AlpineOptions, 'source' | 'archive'>,
  archive: unknown,
): BaseAnswer | readonly BaseIssue[] {
  // The image of the release exists for the same platforms, until the same day.
  const image = issuesOr(table.source({ platform, options: release === undefined ? {} : { release } }))
  if (!('kind' in image)) return image
  const unused = UNUSED.filter((option) => others[option] !== undefined)
  const wrongMirror = mirror === undefined ? 'no mirror is configured' : mirrorIssue(mirror)
  const issues = [
    ...unused.map((option) =>
      issue(option, `option '${option}' does not apply to root file system archives`, 'remove it'),
    ),
    ...(wrongMirror === undefined ? [] : [issue('mirror', wrongMirror, 'use the base URL of an archive of Alpine')]),
    ...archiveIssues(archive),
  ]
  if (mirror === undefined || issues.length > 0) return issues
  const { suite: branch, platforms }: Release = ALPINE.releases[release ?? ALPINE.defaultRelease]
  const source = { branch, architecture: platforms[formatPlatform(platform)] ?? '', mirror }
  const { endOfLife } = image
  const traits = endOfLife === undefined ? {} : { endOfLife }
  return isArchive(archive)
    ? { kind: 'rootfs', location: archiveUrl(source, archive), sha256: archive.sha256, ...traits }
    : { kind: 'made', by: minirootfs, source, ...traits }
}

function archiveUrl(source: { branch: string; architecture: string; mirror: string }, { version }: MinirootfsArchive) {
  const { mirror, branch, architecture } = source
  const folder = `${mirror.replace(/(?<!\/)\/+$/, '')}/${branch}/releases/${architecture}`
  return `${folder}/alpine-minirootfs-${version}-${architecture}.tar.gz`
}

function isArchive(archive: unknown): archive is MinirootfsArchive {
  return archive !== undefined
}

/** Definitions may be written without type checks. */
function archiveIssues(archive: unknown): readonly BaseIssue[] {
  if (archive === undefined) return []
  const { version, sha256 } = Object(archive) as Readonly<Record<string, unknown>>
  const hint = "write { version: '3.24.1', sha256: '…' }, with the checksum of the archive for this platform"
  return [
    ...(typeof version === 'string' && /^\w[\w.]*$/.test(version)
      ? []
      : [issue('archive', 'the version of the archive is not valid', hint)]),
    ...(typeof sha256 === 'string' && /^[0-9a-f]{64}$/i.test(sha256)
      ? []
      : [issue('archive', 'the sha256 of the archive must be 64 hex digits', hint)]),
  ]
}

function issue(option: string, message: string, hint: string): BaseIssue {
  return { kind: 'issue', option, message, hint }
}
