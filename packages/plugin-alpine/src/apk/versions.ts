/** Suffixes of versions before and after a version without one. */
const BEFORE = ['alpha', 'beta', 'pre', 'rc']
const AFTER = ['cvs', 'svn', 'git', 'hg', 'p']

const VERSION = /^(\d+(?:\.\d+)*)([a-z]?)((?:_[a-z]+\d*)*)(?:~([0-9a-f]+))?(?:-r(\d+))?$/

/** Comparable parts of a version, in the order of their weight. */
interface Version {
  readonly numbers: readonly string[]
  readonly letter: string
  readonly suffixes: readonly (readonly [rank: number, number: number])[]
  readonly revision: number
}

function parseVersion(text: string): Version {
  const [, numbers = '0', letter = '', suffixes = '', , revision = '0'] = VERSION.exec(text) ?? []
  return {
    numbers: numbers.split('.'),
    letter,
    suffixes: [...suffixes.matchAll(/_([a-z]+)(\d*)/g)].map(([, word = '', number = '']) => [
      suffixRank(word),
      Number(number),
    ]),
    revision: Number(revision),
  }
}

function suffixRank(word: string): number {
  const before = BEFORE.indexOf(word)
  return before >= 0 ? before - BEFORE.length : AFTER.indexOf(word) + 1
}

/** Compares two versions as apk does: negative if the first is older. */
export function compareVersions(first: string, second: string): number {
  const [a, b] = [parseVersion(first), parseVersion(second)]
  return (
    compareNumbers(a.numbers, b.numbers) ||
    compareTexts(a.letter, b.letter) ||
    compareSuffixes(a.suffixes, b.suffixes) ||
    a.revision - b.revision
  )
}

/** After the first, a number with a leading zero is a fraction, and compared as text. */
function compareNumbers(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const [one, other] = [a[at], b[at]]
    if (one === undefined || other === undefined) return one === undefined ? -1 : 1
    const isFraction = at > 0 && (one.startsWith('0') || other.startsWith('0'))
    const order = isFraction ? compareTexts(one, other) : Number(one) - Number(other)
    if (order !== 0) return order
  }
  return 0
}

function compareSuffixes(a: Version['suffixes'], b: Version['suffixes']): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const [[rank, number], [otherRank, otherNumber]] = [a[at] ?? [0, 0], b[at] ?? [0, 0]]
    const order = rank - otherRank || number - otherNumber
    if (order !== 0) return order
  }
  return 0
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/** A dependency: `so:libc.musl-x86_64.so.1`, `busybox>=1.37`, or `!name` for a conflict. */
export interface Dependency {
  readonly name: string
  readonly isConflict: boolean
  readonly operator: string
  readonly version: string
}

/** Reads a dependency. */
export function parseDependency(text: string): Dependency {
  const [, conflict = '', name = text, operator = '', version = ''] =
    /^(!?)([^<>=~@]+)([<>=~]*)([^@]*)/.exec(text) ?? []
  return { name, isConflict: conflict !== '', operator, version }
}

/** Whether a version is one that a dependency accepts. A provided name without a version fits only without one. */
export function acceptsVersion({ operator, version }: Dependency, offered: string | undefined): boolean {
  if (operator === '') return true
  if (offered === undefined) return false
  if (operator.includes('~'))
    return offered === version || (offered.startsWith(version) && !/^\d/.test(offered.slice(version.length)))
  const order = compareVersions(offered, version)
  return (
    (operator.includes('=') && order === 0) ||
    (operator.includes('<') && order < 0) ||
    (operator.includes('>') && order > 0)
  )
}
