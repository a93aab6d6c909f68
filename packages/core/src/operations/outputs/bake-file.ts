import { relative } from 'node:path'
import type { ContextDefinition } from '../../definition/declare/build-context.js'
import type { BuildDefinition } from '../../definition/declare/build-settings.js'
import type { NamedContextDefinition } from '../../definition/declare/named-contexts.js'
import type { Definition, PipelineDefinition, PlatformDefinition } from '../../definition/definition.js'
import { formatPlatform } from '../../model/platform.js'
import { formatReference, type Reference } from '../../model/reference.js'

/** A definition for `docker buildx bake`, and what bake cannot do. */
export interface BakeExport {
  readonly file: BakeFile
  readonly notes: readonly string[]
}

/** The content of a docker-bake.json. */
export interface BakeFile {
  readonly group: Readonly<Record<string, { readonly targets: readonly string[] }>>
  readonly target: Readonly<Record<string, BakeTarget>>
}

/** One target, with the names of bake. @see https://docs.docker.com/build/bake/reference/ */
export type BakeTarget = Readonly<Record<string, unknown>>

/** The build arg that Dockerfiles name their base by. */
const BASE_ARG = 'BASE_IMAGE'
/** Named context for a base that another target builds. */
const BASE_CONTEXT = 'polyarch-base'

interface Exporting {
  readonly definition: Definition
  /** Where relative paths start. */
  readonly directory: string
  readonly note: (text: string) => void
}

/**
 * Exports a definition for bake: a target for each platform, because bake has one set of bases and build args for all
 * platforms of a target.
 */
export function exportBake(definition: Definition, directory: string): BakeExport {
  const notes: string[] = []
  const exporting = { definition, directory, note: (text: string) => void notes.push(text) }
  const target: Record<string, BakeTarget> = {}
  const group: Record<string, { readonly targets: readonly string[] }> = {}
  for (const pipeline of definition.pipelines) {
    const own = pipeline.platforms.flatMap((one) => {
      const exported = targetOf(pipeline, one, exporting)
      return exported === undefined ? [] : [[targetName(pipeline.name, one), exported] as const]
    })
    Object.assign(target, Object.fromEntries(own))
    group[groupName(pipeline.name)] = { targets: own.map(([name]) => name) }
    if (pipeline.requested) indexNotes(pipeline, exporting)
  }
  const requested = definition.pipelines.filter((one) => one.requested).map(({ name }) => groupName(name))
  const file = { group: { default: { targets: requested }, ...group }, target }
  return { file: escapeTemplates(file) as BakeFile, notes }
}

/** Bake evaluates templates in JSON too. */
function escapeTemplates(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/([$%])\{/g, '$1$1{')
  if (Array.isArray(value)) return value.map(escapeTemplates)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, escapeTemplates(one)]))
}

function groupName(pipeline: string): string {
  const name = pipeline.replace(/[^\w-]/g, '_')
  return name === 'default' ? 'default_' : name
}

function targetName(pipeline: string, { platform }: PlatformDefinition): string {
  return `${groupName(pipeline)}-${formatPlatform(platform)
    .replace(/^linux\//, '')
    .replace(/[^\w-]/g, '-')}`
}

/** The name of a platform's image: its own, or a tag with the platform. */
function imageNames({ names }: PipelineDefinition, one: PlatformDefinition): readonly string[] {
  if (one.names.length > 0) return one.names.map(formatReference)
  const { architecture, variant = '' } = one.platform
  return names.map((name) => formatReference(withTag(name, `${name.tag}-${architecture}${variant}`)))
}

function withTag(name: Reference, tag: string): Reference {
  return { ...name, tag }
}

/** bake publishes one image per target: the index is made afterwards. */
function indexNotes(pipeline: PipelineDefinition, { note }: Exporting): void {
  for (const name of pipeline.names) {
    const images = pipeline.platforms.flatMap((one) => {
      const names = imageNames(pipeline, one)
      return names.find((image) => image.startsWith(`${name.registry}/${name.repository}`)) ?? names[0] ?? []
    })
    note(
      `bake makes no index of targets: docker buildx imagetools create -t ${formatReference(name)} ${images.join(' ')}`,
    )
  }
  if (Object.keys(pipeline.annotations).length > 0) note(`${pipeline.name}: the annotations of the index are omitted`)
  const { sharedBase } = pipeline
  if (sharedBase.tag !== undefined)
    note(`${pipeline.name}: bake publishes no shared base, so ${formatReference(sharedBase)} does not move`)
}

function targetOf(pipeline: PipelineDefinition, one: PlatformDefinition, exporting: Exporting): BakeTarget | undefined {
  const { build, platform } = one
  const at = `${pipeline.name} ${formatPlatform(platform)}`
  const note = (text: string) => exporting.note(`${at}: ${text}`)
  const base = baseOf(pipeline, one, exporting)
  if (base === undefined) {
    const name = pipeline.sharedBase.tag === undefined ? '' : `, or use ${formatReference(pipeline.sharedBase)}`
    note(`omitted: bake cannot make a base of kind '${one.base.kind}'; publish it with polyarch first${name}`)
    return undefined
  }
  const context = contextOf(build.context, exporting.directory)
  if (context === undefined) {
    note(`omitted: bake has no context of kind '${build.context.kind}'`)
    return undefined
  }
  unsupported(one, note)
  unsupportedBuild(build, note)
  const contexts = { ...namedContexts(build.contexts, one, exporting, note), ...base.contexts }
  return {
    context,
    ...(Object.keys(contexts).length > 0 && { contexts }),
    ...(build.dockerfileInline === undefined
      ? { dockerfile: build.dockerfile }
      : { 'dockerfile-inline': build.dockerfileInline }),
    platforms: [formatPlatform(platform)],
    tags: imageNames(pipeline, one),
    args: { ...build.args, [BASE_ARG]: base.arg },
    output: [pipeline.format === 'docker' ? 'type=image,push=true,oci-mediatypes=false' : 'type=image,push=true'],
    ...optionsOf(build, note),
  }
}

function baseOf(
  pipeline: PipelineDefinition,
  one: PlatformDefinition,
  { definition }: Exporting,
): { readonly arg: string; readonly contexts: Readonly<Record<string, string>> } | undefined {
  const { base } = one
  if (base.kind === 'registry') {
    const image = formatReference(base.reference)
    return {
      arg: image,
      contexts: Object.fromEntries(pipeline.baseNames.map((name) => [name, `docker-image://${image}`])),
    }
  }
  if (base.kind !== 'pipeline') return undefined
  const other = definition.pipelines.find(({ name }) => name === base.pipeline)
  const target = other && `target:${targetName(other.name, one)}`
  if (target === undefined) return undefined
  return {
    arg: BASE_CONTEXT,
    contexts: Object.fromEntries([BASE_CONTEXT, ...pipeline.baseNames].map((name) => [name, target])),
  }
}

function contextOf(context: ContextDefinition, directory: string): string | undefined {
  if (context.kind === 'directory') return relative(directory, context.path) || '.'
  if (context.kind !== 'git') return undefined
  const { url, ref = '', subdirectory } = context
  const place = subdirectory === undefined ? ref : `${ref}:${subdirectory}`
  return place === '' ? url : `${url}#${place}`
}

function namedContexts(
  contexts: Readonly<Record<string, NamedContextDefinition>>,
  one: PlatformDefinition,
  { directory }: Exporting,
  note: (text: string) => void,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(contexts).flatMap(([name, context]) => {
      const source = namedContext(context, one, directory)
      if (source !== undefined) return [[name, source]]
      note(`the context '${name}' of kind '${context.kind}' is omitted`)
      return []
    }),
  )
}

function namedContext(context: NamedContextDefinition, one: PlatformDefinition, directory: string): string | undefined {
  if (context.kind === 'image') return `docker-image://${context.name}`
  if (context.kind === 'pipeline') return `target:${targetName(context.pipeline, one)}`
  if (context.kind !== 'layout') return contextOf(context, directory)
  const { directory: path, tag, digest } = context
  return `oci-layout://${path}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

function optionsOf(build: BuildDefinition, note: (text: string) => void): BakeTarget {
  const { target, network, shmSize, attest, noCache } = build
  return withoutEmpty({
    target,
    labels: build.labels,
    network,
    'extra-hosts': Object.fromEntries(build.addHosts.map((host) => host.split(/:(.*)/s).slice(0, 2))),
    ...(Array.isArray(noCache) ? { 'no-cache-filter': noCache } : { 'no-cache': noCache || undefined }),
    pull: build.pull || undefined,
    'cache-from': build.cacheFrom.map(({ type, attributes }) => ({ type, ...attributes })),
    'cache-to': build.cacheTo.map(({ type, attributes }) => ({ type, ...attributes })),
    entitlements: build.entitlements,
    'shm-size': shmSize === undefined ? undefined : String(shmSize),
    ulimits: build.ulimits.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`),
    secret: Object.entries(build.secrets).flatMap(([id, secret]): readonly object[] => {
      if (secret.kind === 'file') return [{ id, src: secret.path }]
      if (secret.kind === 'env') return [{ id, env: secret.name }]
      note(`the value of the secret '${id}' is omitted: bake reads files and variables`)
      return []
    }),
    ssh: Object.entries(build.ssh).map(([id, ssh]) =>
      ssh.kind === 'keys'
        ? { id, paths: ssh.files }
        : withoutEmpty({ id, paths: ssh.socket === undefined ? [] : [ssh.socket] }),
    ),
    attest: [
      ...(attest?.provenance === undefined ? [] : [{ type: 'provenance', mode: attest.provenance }]),
      ...(attest?.sbom === undefined ? [] : [{ type: 'sbom', ...('generator' in attest.sbom && attest.sbom) }]),
    ],
    annotations: Object.entries(build.annotations ?? {}).flatMap(([name, value]) =>
      value === false ? [] : [`manifest:${name}=${value}`],
    ),
  })
}

function withoutEmpty(options: BakeTarget): BakeTarget {
  const isEmpty = (value: unknown) =>
    value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  return Object.fromEntries(Object.entries(options).filter(([, value]) => !isEmpty(value)))
}

function unsupported(
  { base, optional, entryAnnotations, tests }: PlatformDefinition,
  note: (text: string) => void,
): void {
  if (tests.length > 0) note('bake does not run tests')
  if (optional) note('bake has no optional platforms')
  if (Object.keys(entryAnnotations).length > 0) note('the annotations of its entry in the index are omitted')
  if (base.kind !== 'registry') return
  if (base.configPolicy === 'require-match') note('bake does not verify the platform of the base')
  if (base.configPolicy === 'fix-config') note('bake does not correct the platform in the config of the base')
  if (base.verify !== undefined) note('bake does not verify the signature of the base')
}

/** Adds a note for each build option that bake lacks. */
function unsupportedBuild(
  { attest, cache, fileModes, keySecret, unpinned }: BuildDefinition,
  note: (text: string) => void,
): void {
  if (fileModes === 'git') note('bake sends files with their own permission bits')
  if (unpinned === 'refuse') note('bake does not refuse unpinned content')
  if (cache !== undefined) note(`bake has no cache: '${cache}'; add cache-from and cache-to`)
  if (keySecret !== undefined) note('bake computes no keys of images: keySecret is omitted')
  if (attest?.attach !== undefined) note('bake lists statements in the index, not as referrers')
  if (attest?.sbom !== undefined && 'format' in attest.sbom && attest.sbom.format !== 'spdx')
    note(`bake makes SBOMs as SPDX, not as ${attest.sbom.format}`)
}
