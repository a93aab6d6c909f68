import { packageError } from './package-error.js'
import type { IndexedPackage } from './package-index.js'
import { acceptsVersion, compareVersions, type Dependency, parseDependency } from './versions.js'

/**
 * Selects packages with everything that they depend on, each after its dependencies. Among several candidates the package
 * of that very name wins, then the higher priority, then the newer version, then the first name.
 *
 * @throws PackageError if a dependency has no candidate, or two selected packages conflict
 */
export function selectPackages(index: readonly IndexedPackage[], world: readonly string[]): readonly IndexedPackage[] {
  const selection = new Selection(index)
  for (const wanted of [...world].sort()) selection.add(wanted, 'the base')
  selection.addConditional()
  selection.check()
  return selection.inOrder()
}

class Selection {
  readonly #offers = new Map<string, { readonly package: IndexedPackage; readonly version: string | undefined }[]>()
  readonly #index: readonly IndexedPackage[]
  readonly #selected = new Map<string, IndexedPackage>()

  constructor(index: readonly IndexedPackage[]) {
    this.#index = index
    for (const one of index) {
      this.#offer(one.name, one, one.version)
      for (const text of one.provides) {
        const { name, version } = parseDependency(text)
        this.#offer(name, one, version === '' ? undefined : version)
      }
    }
  }

  #offer(name: string, one: IndexedPackage, version: string | undefined): void {
    const offers = this.#offers.get(name) ?? []
    offers.push({ package: one, version })
    this.#offers.set(name, offers)
  }

  add(text: string, by: string): void {
    const dependency = parseDependency(text)
    if (dependency.isConflict || this.#satisfier(dependency) !== undefined) return
    const [chosen] = this.#candidates(dependency).toSorted((a, b) => preference(a, b, dependency.name))
    if (chosen === undefined) throw packageError(`${by} requires ${text}, which no repository has`)
    this.#selected.set(chosen.name, chosen)
    for (const next of chosen.depends) this.add(next, chosen.name)
  }

  #candidates(dependency: Dependency): readonly IndexedPackage[] {
    const offers = this.#offers.get(dependency.name) ?? []
    return offers
      .filter(({ version }) => acceptsVersion(dependency, version))
      .map((offer) => offer.package)
      .filter((one) => (this.#selected.get(one.name) ?? one) === one)
  }

  #satisfier(dependency: Dependency): IndexedPackage | undefined {
    return this.#candidates(dependency).find((one) => this.#selected.get(one.name) === one)
  }

  /** Packages that are added if others are selected together, such as the service file of a program. */
  addConditional(): void {
    const isMet = (text: string) => {
      const dependency = parseDependency(text)
      return (this.#satisfier(dependency) === undefined) === dependency.isConflict
    }
    for (let before = -1; before !== this.#selected.size; ) {
      before = this.#selected.size
      for (const { name, installIf } of this.#index) {
        if (installIf.length > 0 && !this.#selected.has(name) && installIf.every(isMet)) this.add(name, name)
      }
    }
  }

  check(): void {
    for (const { name, depends } of this.#selected.values()) {
      for (const text of depends) {
        const dependency = parseDependency(text)
        const satisfier = this.#satisfier(dependency)
        if (dependency.isConflict && satisfier !== undefined && satisfier.name !== name) {
          throw packageError(`${name} conflicts with ${satisfier.name}`)
        }
        if (!dependency.isConflict && satisfier === undefined) throw packageError(`${name} requires ${text}`)
      }
    }
  }

  inOrder(): readonly IndexedPackage[] {
    const done = new Set<IndexedPackage>()
    const visit = (one: IndexedPackage) => {
      if (done.has(one)) return
      done.add(one)
      for (const text of one.depends) {
        const dependency = parseDependency(text)
        const satisfier = dependency.isConflict ? undefined : this.#satisfier(dependency)
        if (satisfier !== undefined) visit(satisfier)
      }
      order.push(one)
    }
    const order: IndexedPackage[] = []
    for (const name of [...this.#selected.keys()].sort()) visit(this.#selected.get(name) as IndexedPackage)
    return order
  }
}

function preference(a: IndexedPackage, b: IndexedPackage, name: string): number {
  const isNamed = (one: IndexedPackage) => Number(one.name === name)
  return (
    isNamed(b) - isNamed(a) ||
    b.priority - a.priority ||
    (a.name === b.name ? compareVersions(b.version, a.version) : a.name < b.name ? -1 : 1)
  )
}
