import {
  type Base,
  type BaseAnswer,
  type BaseIssue,
  type DistributionOptions,
  defineDistribution,
  type ReleaseName,
} from '@polyarch/core/plugin'
import type { DnfSource } from './dnf/dnf-source.js'
import type { RpmTable } from './rpm-distribution.js'

/** A fixed state of a repository. */
export interface RepositorySnapshot {
  /** The URL of the repository: the folder that contains `repodata`. */
  readonly url: string
  /** Hex sha256 of its `repodata/repomd.xml`; another state is rejected. */
  readonly sha256?: string
}

/** Options of a base of a distribution of RPM packages. */
export interface RpmOptions<Releases extends string = string, Flavors extends string = string>
  extends DistributionOptions<Releases, Flavors, 'dnf'> {
  /** For `dnf`: fixed states by the id of the repository, in place of those under `mirror`. */
  readonly snapshots?: Readonly<Record<string, RepositorySnapshot>>
}

/** The options of a table's base. */
export type RpmOptionsOf<Table extends RpmTable> = RpmOptions<ReleaseName<Table>, keyof Table['flavors'] & string>

/** Makes the base of a distribution of RPM packages from its table. */
export function rpmBase<const Table extends RpmTable>(
  table: Table,
  defaults: RpmOptionsOf<Table> = {},
): Base<RpmOptionsOf<Table>> {
  const base = defineDistribution<RpmTable>(table)
  return {
    platforms: base.platforms,
    optionNames: [...base.optionNames, 'snapshots'],
    source({ platform, options }) {
      const { snapshots, ...others }: RpmOptions = { ...defaults, ...options }
      const found = base.source({ platform, options: others })
      return snapshots === undefined ? found : withSnapshots(found, snapshots)
    },
  }
}

function withSnapshots(
  found: BaseAnswer | BaseIssue | readonly BaseIssue[],
  snapshots: unknown,
): BaseAnswer | BaseIssue | readonly BaseIssue[] {
  if (!('kind' in found) || found.kind === 'issue') return found
  if (found.kind !== 'made') return issue('applies to bases made from packages only', "remove it, or set source: 'dnf'")
  if (typeof snapshots !== 'object' || snapshots === null) return issue('must have URLs by repository', HINT)
  const source = found.source as DnfSource
  const byId = new Map<string, unknown>(Object.entries(snapshots))
  const ids = source.repositories.map(({ id }) => id)
  const unknown = [...byId.keys()].find((id) => !ids.includes(id))
  if (unknown !== undefined) return issue(`has no repository '${unknown}'`, `use ${ids.join(', ')}`)
  const wrong = [...byId.values()].some((one) => typeof Object(one).url !== 'string')
  if (wrong) return issue('must have URLs by repository', HINT)
  const repositories = source.repositories.map((one) => ({ ...one, ...Object(byId.get(one.id)) }))
  return { ...found, source: { ...source, repositories } }
}

const HINT = "write { updates: { url: 'https://…', sha256: '…' } }"

function issue(message: string, hint: string): BaseIssue {
  return { kind: 'issue', option: 'snapshots', message: `option 'snapshots' ${message}`, hint }
}
