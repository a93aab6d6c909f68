import type { Issue } from '../../model/errors.js'
import { formatPlatform, type Platform, platformIdentity } from '../../model/platform.js'
import { formatReference } from '../../model/reference.js'
import { type DeclaredPipeline, isPipeline, type PlatformDeclaration } from '../declare/declaration.js'
import { isImageBase } from '../declare/image-base.js'
import type { BaseDefinition, Definition, PipelineDefinition, PlatformDefinition } from '../definition.js'
import { Issues } from '../issues.js'
import { policiesOf } from '../plugin/base-policies.js'
import type { BaseAnswer, BaseTraits } from '../plugin/base-source.js'
import { madeBase } from '../plugin/kinds/made-base.js'
import { addDockerIssue, readImageAnnotations, readIndexAnnotations } from './annotations.js'
import { readImageBase, readNamedBase } from './base-reading.js'
import { readBuild } from './build/build-reading.js'
import { checkDestinations } from './destinations.js'
import { baseNamesOf, writtenNamesOf } from './names/dockerfile-names.js'
import { checkNamedBases } from './names/named-bases.js'
import { imageOwner, PublishedNames, readPlatformNames, sharedContent, TargetNames } from './names/names.js'
import {
  checkPipelineOptions,
  checkUniqueNames,
  checkValues,
  choosePipelines,
  pipelineName,
  pipelinePath,
} from './names/pipeline-names.js'
import { sortByDependency } from './pipeline-order.js'
import { type PlatformSettings, type Reading, readDeclaredPlatform, readListedPlatform } from './platform-reading.js'
import { type PluginRegistry, readPlugins } from './plugin-reading.js'
import { readTests } from './tests/test-reading.js'

/** Choices that belong to a run rather than to a pipeline. */
export interface CompileOptions {
  /** Names of the pipelines to publish; all of them by default. */
  readonly chosen?: readonly string[] | undefined
  /** `host[:port][/prefix]` that takes the place of the host in every name that is pushed to. */
  readonly registry?: string | undefined
  /** Base of relative contexts; the working directory by default. */
  readonly directory?: string | undefined
  /** The date for checks whether bases are past their end of life; today by default. */
  readonly today?: Date | undefined
}

/**
 * Validates pipelines and computes everything that needs no request.
 *
 * @throws DefinitionError DEFINITION_INVALID with all issues; USAGE if a chosen pipeline does not exist.
 */
export function compile(pipelines: readonly DeclaredPipeline[], options: CompileOptions = {}): Definition {
  const compilation = new Compilation(pipelines, options)
  for (const pipeline of pipelines) compilation.add(pipeline)
  return compilation.finish()
}

/** The base of one platform, with the traits of a plugin's base. */
type FoundBase = readonly [base: BaseDefinition | undefined, traits: BaseTraits]

/** The pipeline that a platform belongs to. */
interface PlatformOwner {
  readonly pipeline: DeclaredPipeline
  readonly name: string
  readonly plugins: PluginRegistry
}

class Compilation {
  readonly #given: ReadonlySet<DeclaredPipeline>
  readonly #requested: ReadonlySet<DeclaredPipeline>
  readonly #directory: string
  readonly #today: string
  readonly #ended: Issue[] = []
  readonly #reading: Reading = { issues: new Issues(), notes: [] }
  readonly #names: TargetNames
  readonly #published: PublishedNames
  /** In dependency order; undefined while a pipeline is being read. */
  readonly #done = new Map<DeclaredPipeline, PipelineDefinition | undefined>()

  constructor(pipelines: readonly DeclaredPipeline[], options: CompileOptions) {
    this.#given = new Set(pipelines)
    this.#requested = new Set(choosePipelines(pipelines, options.chosen))
    this.#directory = options.directory ?? process.cwd()
    this.#today = (options.today ?? new Date()).toISOString().slice(0, 10)
    this.#names = new TargetNames(options.registry, this.#reading.issues)
    this.#published = new PublishedNames(this.#reading.issues)
  }

  finish(): Definition {
    const { issues, notes } = this.#reading
    if (this.#given.size === 0) issues.add('run', 'no pipeline was given', 'run(pipeline, …)')
    checkUniqueNames([...this.#done.keys()], issues)
    issues.throwIfAny()
    const pipelines = [...this.#done.values()].filter((pipeline) => pipeline !== undefined)
    checkNamedBases(pipelines, this.#reading)
    checkDestinations(pipelines, issues)
    issues.throwIfAny()
    return { pipelines: sortByDependency(pipelines), notes, ended: this.#ended }
  }

  /** Compiles a pipeline once; undefined if it is not valid. */
  add(pipeline: DeclaredPipeline): PipelineDefinition | undefined {
    if (!isPipeline(pipeline)) {
      this.#reading.issues.add('run', 'not a pipeline', "pass what pipeline('…') returned")
      return undefined
    }
    if (!this.#done.has(pipeline)) {
      this.#done.set(pipeline, undefined)
      const definition = this.#read(pipeline)
      this.#done.delete(pipeline)
      this.#done.set(pipeline, definition)
    }
    return this.#done.get(pipeline)
  }

  #read(pipeline: DeclaredPipeline): PipelineDefinition | undefined {
    const { declaration } = pipeline
    const path = pipelinePath(pipeline)
    const { issues } = this.#reading
    checkPipelineOptions(pipeline, issues)
    if (!checkValues(pipeline, issues)) return undefined
    const repository = this.#names.repository(declaration.repository, path)
    const sharedBase = this.#names.sharedBase(declaration.sharedBase, path)
    const name = pipelineName(pipeline)
    const requested = this.#requested.has(pipeline)
    const names = this.#names.indexNames(declaration.tags, repository, `${path}.tags`)
    const annotations = readIndexAnnotations(declaration, path, issues)
    const platforms = this.#platforms(pipeline, name, path)
    if (repository === undefined || platforms === undefined) return undefined
    if (requested && names.length === 0) {
      this.#reading.notes.push(`${name} has no name and can be pulled by digest only: add .tags('1.0')`)
    }
    if (this.#given.has(pipeline)) {
      for (const one of names) this.#published.claim(formatReference(one), `the index of ${name}`, `${path}.tags`)
      if (sharedBase) {
        const owner = `the shared base of ${name}`
        this.#published.claim(formatReference(sharedBase), owner, `${path}.sharedBase`, sharedContent(platforms))
      }
    }
    return {
      name,
      path,
      writtenRepository: declaration.repository,
      repository,
      requested,
      ...baseNamesOf(pipeline),
      writtenNames: writtenNamesOf(pipeline, platforms),
      sharedBase: sharedBase ?? repository,
      platforms,
      names,
      format: declaration.format,
      annotations,
      keepKeyTags: declaration.keepKeyTags,
    }
  }

  #platforms(pipeline: DeclaredPipeline, name: string, path: string): readonly PlatformDefinition[] | undefined {
    const { declaration } = pipeline
    const { issues } = this.#reading
    const plugins = readPlugins(declaration.plugins, path, issues)
    if (declaration.platforms.length === 0) {
      issues.add(path, 'the pipeline has no platforms', "add .platforms(platform('amd64', { base: … }))")
      return undefined
    }
    const seen = new Set<string>()
    const platforms = declaration.platforms.map((declared, at) => {
      const own = `${path}.platforms[${at}]`
      const definition = this.#platform(declared, { pipeline, name, plugins }, own)
      if (definition === undefined) return undefined
      const identity = platformIdentity(definition.platform)
      if (seen.has(identity)) issues.add(own, `${identity} is declared twice`, 'remove one of them')
      seen.add(identity)
      return definition
    })
    return platforms.every((one) => one !== undefined) ? platforms : undefined
  }

  #platform(
    declared: PlatformDeclaration,
    { pipeline, name, plugins }: PlatformOwner,
    path: string,
  ): PlatformDefinition | undefined {
    if (declared?.kind !== 'platform') {
      this.#reading.issues.add(path, 'not a platform', "write platform('amd64', { base: … })")
      return undefined
    }
    const { platform, settings } = readDeclaredPlatform(declared, plugins.aliases, path, this.#reading)
    const [base, traits] = this.#base(settings, platform, plugins, path)
    const { declaration } = pipeline
    const { issues } = this.#reading
    if (traits.annotations !== undefined && declaration.format === 'docker') addDockerIssue(`${path}.base`, issues)
    const supposed = platform ?? { os: 'linux', architecture: declared.architecture }
    const owner = pipelinePath(pipeline)
    const stated = { declared: declaration, ofBase: traits.annotations, platform: supposed }
    const { manifest, entry } = readImageAnnotations(stated, owner, issues)
    const build = readBuild({
      shared: declaration.build,
      own: settings.build,
      platform: supposed,
      directory: this.#directory,
      path: { shared: `${owner}.build`, own: `${path}.build` },
      issues,
      traits: { ...traits, ...(manifest && { annotations: manifest }) },
      nameOf: (other) => (isPipeline(other) ? this.#other(other, `${owner}.build.contexts`)?.name : undefined),
    })
    const place = { directory: this.#directory, path: { shared: `${owner}.test`, own: `${path}.test` }, issues }
    const tests = readTests(declaration.tests, settings.test, traits.check, place)
    if (build.attest !== undefined && declaration.format === 'docker') {
      const message = "Docker's media types do not support attestations"
      issues.add(`${path}.build.attest`, message, "remove it, or use .format('oci')")
    }
    if (platform === undefined) return undefined
    const names = this.#given.has(pipeline)
      ? readPlatformNames(declaration, platform, {
          targets: this.#names,
          published: this.#published,
          issues,
          owner: imageOwner(name, platform),
          path: `${owner}.platformNames`,
        })
      : []
    const listed = readListedPlatform(platform, settings, path, issues)
    const optional = this.#optional(settings, base, platform, path)
    return base && { platform, listed, base, build, tests, entryAnnotations: entry, optional, names }
  }

  #optional(
    { optional = false }: PlatformSettings,
    base: BaseDefinition | undefined,
    platform: Platform,
    path: string,
  ): boolean {
    const { issues } = this.#reading
    if (typeof optional !== 'boolean') issues.add(`${path}.optional`, 'must be true or false')
    const done = base?.kind === 'pipeline' ? [...this.#done.values()] : []
    const below = base?.kind === 'pipeline' ? done.find((one) => one?.name === base.pipeline) : undefined
    const same = below?.platforms.find((one) => platformIdentity(one.platform) === platformIdentity(platform))
    if (below && same?.optional && !optional) {
      const hint = 'set optional: true here too, or make the platform required there'
      issues.add(path, `its base is ${formatPlatform(platform)} of ${below.name}, which is optional`, hint)
    }
    return optional === true
  }

  /** Reads the base. If the platform itself is invalid, the other settings are validated all the same. */
  #base(settings: PlatformSettings, platform: Platform | undefined, plugins: PluginRegistry, path: string): FoundBase {
    const { bases, aliases } = plugins
    const { base } = settings
    const { issues } = this.#reading
    if (isPipeline(base)) return [this.#pipelineBase(base, platform, path), {}]
    if (isImageBase(base)) return [readImageBase(base, `${path}.base`, issues), {}]
    if (typeof base === 'string') {
      const answer = readNamedBase({ name: base, settings, platform }, bases, path, issues)
      return answer === undefined ? [undefined, {}] : this.#answeredBase(answer, base, platform, path)
    }
    // A misspelled alias of a plugin names no base either.
    if (base !== undefined || platform !== undefined || aliases.size === 0)
      issues.add(`${path}.base`, 'has no base', "write the name of a plugin's base, a pipeline, or fromImage('…')")
    return [undefined, {}]
  }

  #answeredBase(answer: BaseAnswer, name: string, platform: Platform | undefined, path: string): FoundBase {
    const { buildArgs, annotations, check, endOfLife, ...source } = answer
    if (endOfLife !== undefined && endOfLife < this.#today) {
      const of = platform === undefined ? '' : ` for ${formatPlatform(platform)}`
      const message = `base '${name}'${of} gets no more updates: its end of life was ${endOfLife}`
      this.#reading.notes.push(message)
      this.#ended.push({ path, message, hint: 'use a newer release' })
    }
    const traits = { ...(buildArgs && { buildArgs }), ...(annotations && { annotations }), ...(check && { check }) }
    if (source.kind === 'registry') return [readImageBase(source, `${path}.base`, this.#reading.issues), traits]
    if (source.kind !== 'pipeline') return [madeBase(source), traits]
    return isPipeline(source.pipeline) ? [this.#pipelineBase(source.pipeline, platform, path), traits] : [undefined, {}]
  }

  /** Another pipeline that the pipeline being read uses; undefined if it is not valid, or uses that one. */
  #other(pipeline: DeclaredPipeline, path: string): PipelineDefinition | undefined {
    if (!this.#done.has(pipeline) || this.#done.get(pipeline) !== undefined) return this.add(pipeline)
    this.#reading.issues.add(
      path,
      `${pipelinePath(pipeline)} uses itself`,
      'remove one of the bases or contexts of the cycle',
    )
    return undefined
  }

  #pipelineBase(base: DeclaredPipeline, platform: Platform | undefined, path: string): BaseDefinition | undefined {
    const { issues } = this.#reading
    const other = this.#other(base, `${path}.base`)
    if (other === undefined || platform === undefined) return undefined
    const same = other.platforms.find((one) => platformIdentity(one.platform) === platformIdentity(platform))
    if (same === undefined) {
      const has = other.platforms.map((one) => formatPlatform(one.platform)).join(', ')
      issues.add(`${path}.base`, `pipeline ${other.name} has no ${formatPlatform(platform)}`, `it has ${has}`)
      return undefined
    }
    return {
      kind: 'pipeline',
      pipeline: other.name,
      writtenRepository: other.writtenRepository,
      ...policiesOf(same.base),
    }
  }
}
