import {
  type AptOverlay,
  type Base,
  type BaseAnswer,
  type BaseIssue,
  type DistributionOptions,
  type DistributionTable,
  defineDistribution,
  mirrorIssue,
  type ReleaseName,
} from '@polyarch/core/plugin'
import { DEBIAN_KEYS } from './archive-keys.js'

const ARM64 = { 'linux/arm64': 'arm64' } as const

/**
 * Raspberry Pi OS with 64 bits: Debian's packages, and Raspberry Pi's own archive beside them. It has no images.
 *
 * Source: the configuration of apt in the package raspberrypi-sys-mods and in the published disk images.
 */
export const RASPBERRY_PI_OS = {
  title: 'Raspberry Pi OS',
  configPolicy: 'require-match',
  defaultRelease: 'trixie',
  flavors: {},
  releases: {
    bookworm: { aliases: ['12'], tag: 'bookworm', suite: 'bookworm', platforms: ARM64 },
    trixie: { aliases: ['13'], tag: 'trixie', suite: 'trixie', platforms: ARM64 },
  },
  archive: {
    distribution: 'debian',
    components: ['main'],
    keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
    keys: DEBIAN_KEYS,
  },
} as const satisfies DistributionTable

/** Makes `apt` in images verify the archive of Raspberry Pi. */
const PACKAGES = ['raspberrypi-archive-keyring']
const KEYRING = '/usr/share/keyrings/raspberrypi-archive-keyring.gpg'

/** Options of `platform(..., { base: 'raspios' })`. */
export interface RaspiosOptions
  extends Pick<
    DistributionOptions<ReleaseName<typeof RASPBERRY_PI_OS>, never>,
    'release' | 'mirror' | 'frozen' | 'keyring' | 'packages'
  > {
  /** Base URL of Debian's archive, by default the one that this machine's apt uses. `mirror` is Raspberry Pi's. */
  readonly debianMirror?: string
}

const table = defineDistribution(RASPBERRY_PI_OS)

/** Makes the base of Raspberry Pi OS. */
export function raspiosBase(defaults: RaspiosOptions): Base<RaspiosOptions> {
  return {
    platforms: table.platforms,
    optionNames: ['release', 'mirror', 'debianMirror', 'frozen', 'keyring', 'packages'],
    source: ({ platform, options }) => answer(platform, { ...defaults, ...options }),
  }
}

type Request = Parameters<typeof table.source>[0]

function answer(platform: Request['platform'], options: RaspiosOptions): BaseAnswer | readonly BaseIssue[] {
  const { mirror, debianMirror, keyring = KEYRING, packages = [], ...others } = options
  const debian = table.source({
    platform,
    options: { ...others, packages, ...(debianMirror && { mirror: debianMirror }) },
  })
  const issues = [...issuesOf(debian), ...mirrorIssues(mirror), ...keyringIssues(keyring)]
  if (issues.length > 0 || !('suite' in debian) || mirror === undefined) return issues
  const { suite } = debian
  const overlay: AptOverlay = { distribution: 'raspberrypi', mirror, suite, components: ['main'], keyring }
  return { ...debian, packages: [...PACKAGES, ...packages], overlays: [overlay] }
}

/** Returns the issues of the options for Debian's archive, under their names here. */
function issuesOf(found: ReturnType<typeof table.source>): readonly BaseIssue[] {
  const all = 'kind' in found ? (found.kind === 'issue' ? [found] : []) : found
  return all.map((issue) => (issue.option === 'mirror' ? { ...issue, option: 'debianMirror' } : issue))
}

function mirrorIssues(mirror: unknown): readonly BaseIssue[] {
  const message = mirror === undefined ? 'no mirror is configured' : mirrorIssue(mirror)
  if (message === undefined) return []
  const hint = "use the base URL of Raspberry Pi's archive, which has a dists folder"
  return [{ kind: 'issue', option: 'mirror', message, hint }]
}

function keyringIssues(keyring: unknown): readonly BaseIssue[] {
  if (typeof keyring === 'string' && keyring !== '') return []
  return [{ kind: 'issue', option: 'keyring', message: `keyring '${String(keyring)}' must be a string` }]
}
