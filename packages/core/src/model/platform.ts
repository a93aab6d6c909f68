/**
 * A platform as the OCI image index names it.
 *
 * Always in the normal form that container clients compare by: `amd64`, never `x86_64`; `arm` always with a variant.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.0/image-index.md#image-index-property-descriptions
 */
export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
  readonly 'os.version'?: string
  readonly 'os.features'?: readonly string[]
}

/** Other names of architectures, such as those of `uname`, with the names that container clients use. */
const ALIASES: ReadonlyMap<string, readonly [architecture: string, variant?: string]> = new Map([
  ['x86_64', ['amd64']],
  ['x86-64', ['amd64']],
  ['x64', ['amd64']],
  ['i386', ['386']],
  ['i486', ['386']],
  ['i586', ['386']],
  ['i686', ['386']],
  ['x86', ['386']],
  ['aarch64', ['arm64']],
  ['armv8', ['arm64']],
  ['armv8l', ['arm', 'v8']],
  ['armhf', ['arm', 'v7']],
  ['armel', ['arm', 'v6']],
  ['armv7l', ['arm', 'v7']],
  ['armv7', ['arm', 'v7']],
  ['armv6l', ['arm', 'v6']],
  ['armv6', ['arm', 'v6']],
  ['armv5tel', ['arm', 'v5']],
  ['armv5', ['arm', 'v5']],
  ['mips64el', ['mips64le']],
  ['mipsel', ['mipsle']],
  ['powerpc64le', ['ppc64le']],
  ['ppc64el', ['ppc64le']],
])

function minors(major: string, last: number): readonly string[] {
  return Array.from({ length: last }, (_, at) => `${major}.${at + 1}`)
}

const KNOWN_VARIANTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['amd64', ['v1', 'v2', 'v3', 'v4']],
  ['arm', ['v5', 'v6', 'v7', 'v8']],
  // v9.0 runs code for v8.5 and older.
  ['arm64', ['v8', ...minors('v8', 9), 'v9', ...minors('v9', 6)]],
])

/** Aliases whose variant cannot be overridden. @see https://github.com/containerd/platforms/blob/v1.0.0/database.go */
const FIXED_VARIANT: ReadonlySet<string> = new Set(['i386', 'armhf', 'armel'])

const ARCHITECTURES = [
  '386',
  'amd64',
  'arm',
  'arm64',
  'loong64',
  'mips',
  'mips64',
  'mips64le',
  'mipsle',
  'ppc64',
  'ppc64le',
  'riscv64',
  's390x',
  'wasm',
] as const

/** An architecture that container clients support: Go's GOARCH values for which Linux images are published. */
export type Architecture = (typeof ARCHITECTURES)[number]

/** All of them. */
export const KNOWN_ARCHITECTURES: readonly string[] = ARCHITECTURES

/** Every architecture name that {@link parsePlatform} accepts, for suggestions. */
export const ARCHITECTURE_WORDS: readonly string[] = [...KNOWN_ARCHITECTURES, ...ALIASES.keys()]

const KNOWN_OSES: ReadonlySet<string> = new Set(['linux', 'windows', 'darwin', 'freebsd', 'wasi'])

/** Whether clients support the architecture and, if it has variants, the variant. */
export function isKnownPlatform(platform: Platform): boolean {
  if (!KNOWN_OSES.has(platform.os) || !KNOWN_ARCHITECTURES.includes(platform.architecture)) return false
  return platform.variant === undefined || variantsOf(platform.architecture).includes(platform.variant)
}

/** The variants of an architecture that clients support, oldest first; empty if it has none. */
export function variantsOf(architecture: string): readonly string[] {
  return KNOWN_VARIANTS.get(architecture) ?? []
}

/**
 * Normalises a platform as containerd does: aliases resolved, lower case, `arm` with a variant, `arm64/v8` and
 * `amd64/v1` without one.
 * Unknown values are kept, so that everything in a registry can be named.
 *
 * @see https://github.com/containerd/platforms/blob/v1.0.0/database.go
 */
export function normalizePlatform(platform: Platform): Platform {
  const [architecture, impliedVariant] = ALIASES.get(platform.architecture.toLowerCase()) ?? [
    platform.architecture.toLowerCase(),
  ]
  // As containerd: the name of a 32-bit variant, and of 386, decides whatever variant is written beside it.
  const isDecided = FIXED_VARIANT.has(platform.architecture.toLowerCase())
  const variant = normalizeVariant(architecture, isDecided ? impliedVariant : platform.variant || impliedVariant)
  return {
    os: platform.os.toLowerCase() || 'linux',
    architecture,
    ...(variant !== undefined && { variant }),
    ...(platform['os.version'] && { 'os.version': platform['os.version'] }),
    ...(platform['os.features']?.length && { 'os.features': [...platform['os.features']].sort() }),
  }
}

function normalizeVariant(architecture: string, given: string | undefined): string | undefined {
  const word = given?.toLowerCase()
  const variant = word !== undefined && /^\d+$/.test(word) ? `v${word}` : word
  if (architecture === 'arm') return ALIASES.get(variant ?? '')?.[1] ?? variant ?? 'v7'
  if (architecture === 'arm64')
    return variant === 'v8' || variant === 'v8.0' ? undefined : variant?.replace(/^v9\.0$/, 'v9')
  if (architecture === 'amd64' && variant === 'v1') return undefined
  return variant
}

/**
 * Parses and normalises `os/architecture[/variant]`, or an architecture alone (then the os is linux).
 *
 * @returns undefined if the text has another form, or is an operating system alone. Values are not validated, see
 * {@link isKnownPlatform}.
 */
export function parsePlatform(text: string): Platform | undefined {
  const parts = text.trim().split('/')
  if (parts.length > 3 || parts.some((part) => !/^[A-Za-z0-9_.-]+$/.test(part))) return undefined
  const [first = '', second, third] = parts
  if (second === undefined) return isOs(first) ? undefined : normalizePlatform({ os: 'linux', architecture: first })
  if (third === undefined && !isOs(first)) {
    return normalizePlatform({ os: 'linux', architecture: first, variant: second })
  }
  return normalizePlatform({ os: first, architecture: second, ...(third !== undefined && { variant: third }) })
}

/** Describes a text that {@link parsePlatform} cannot parse, with a hint. */
export function unreadablePlatform(text: string): { readonly message: string; readonly hint: string } {
  const word = text.trim()
  return isOs(word)
    ? {
        message: `platform '${text}' has no architecture`,
        hint: `write '${word}/amd64', or 'amd64' alone`,
      }
    : { message: `platform '${text}' is not valid`, hint: "write an architecture such as 'amd64', or 'linux/arm/v7'" }
}

/** Whether clients support an operating system. */
function isOs(word: string): boolean {
  return KNOWN_OSES.has(word.toLowerCase())
}

/**
 * `os/architecture[/variant]`, as in `--platform`.
 *
 * @example
 * ```ts
 * const architecture = ARCHITECTURES[formatPlatform(platform)]
 * ```
 */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = platform
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`
}

/** Whether two normalised platforms are the same entry of an index. */
export function samePlatform(a: Platform, b: Platform): boolean {
  return platformIdentity(a) === platformIdentity(b)
}

/** Whether a platform is a requested one: an os version or features are compared only if they were requested too. */
export function matchesPlatform(platform: Platform, requested: Platform): boolean {
  const { os, architecture, variant } = platform
  const known = { os, architecture, ...(variant !== undefined && { variant }) }
  return samePlatform(requested['os.version'] || requested['os.features'] ? platform : known, requested)
}

/**
 * One string per normalised platform that an index can distinguish: {@link formatPlatform} with the os version and
 * features.
 */
export function platformIdentity(platform: Platform): string {
  const version = platform['os.version'] ? `;${platform['os.version']}` : ''
  const features = platform['os.features']?.length ? `;+${platform['os.features'].join('+')}` : ''
  return formatPlatform(platform) + version + features
}

/**
 * The order of entries in an index: by os and architecture, and the oldest variant first, because engines before
 * 20.10 took the first entry whose architecture matched.
 */
export function comparePlatforms(a: Platform, b: Platform): number {
  return (
    compareText(a.os, b.os) ||
    compareText(a.architecture, b.architecture) ||
    compareText(a.variant ?? '', b.variant ?? '') ||
    compareText(platformIdentity(a), platformIdentity(b))
  )
}

/** By code unit, so that the order is the same under every locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/**
 * Returns the platforms that a host can run without emulation, best first: an arm/v7 host runs v7, v6 and v5; most
 * arm64 hosts run 32-bit arm too.
 *
 * @see https://github.com/containerd/platforms/blob/v1.0.0/compare.go
 */
export function platformsRunBy(host: Platform): readonly Platform[] {
  const { os, architecture } = host
  const arm = ['v8', 'v7', 'v6', 'v5']
  if (architecture === 'arm') {
    const at = arm.indexOf(host.variant ?? 'v7')
    return at < 0 ? [host] : arm.slice(at).map((variant) => ({ os, architecture, variant }))
  }
  const own = olderVariants(host)
  if (architecture === 'arm64') return [...own, ...arm.map((variant) => ({ os, architecture: 'arm', variant }))]
  return architecture === 'amd64' ? [...own, { os, architecture: '386' }] : own
}

/** Whether a host can run a platform without emulation. */
export function runsNatively(host: Platform, platform: Platform): boolean {
  return platformsRunBy(host).some((one) => samePlatform(one, platform))
}

/** The host and the variants before its own, down to the first, which has no name. */
function olderVariants(host: Platform): readonly Platform[] {
  const { os, architecture, variant } = host
  if (variant === undefined) return [host]
  const known = variantsOf(architecture)
  const at = known.indexOf(variant)
  if (at < 0) return [host]
  const newestV8 = `v8.${Number(variant.split('.')[1] ?? 0) + 5}`
  const between = known
    .slice(1, at)
    .filter(
      (one) => !variant.startsWith('v9') || !one.startsWith('v8') || known.indexOf(one) <= known.indexOf(newestV8),
    )
    .toReversed()
  return [host, ...between.map((one) => ({ os, architecture, variant: one })), { os, architecture }]
}
