import { tmpdir } from 'node:os'
import { type BuilderChoice, openBuilders } from '../../builder/builders.js'
import { compile } from '../../definition/compile/compile.js'
import type { Definition } from '../../definition/definition.js'
import type { MadeBase } from '../../definition/plugin/base-source.js'
import { DefinitionError, RegistryError, throwIfCancelled } from '../../model/errors.js'
import { type Platform, platformIdentity } from '../../model/platform.js'
import {
  formatReference,
  formatRepository,
  type Reference,
  repositoryOf,
  withDefaultTag,
} from '../../model/reference.js'
import type { DockerConfiguration } from '../../registry/auth/docker-config.js'
import type { DockerProxies } from '../../registry/auth/docker-proxies.js'
import { OPERATION_OPTIONS, type OptionNames, splitArguments } from '../option-names.js'
import type { OperationOptions, PipelineOptions, PipelinesAndOptions } from '../options.js'
import { EMBEDDED_HOST, isEmbedded, registryBeforeStart, registryDirectory } from '../registry-choice.js'
import { readRunEnvironment } from '../run-environment.js'
import { checkBuilders } from './builder-check.js'
import { DIAGNOSIS_VERSION, type Diagnosis, type Finding, fine, warningOrError } from './finding.js'
import {
  checkAuthVariable,
  checkDiskSpace,
  checkLimits,
  checkPackageEmulation,
  checkProxy,
  checkTools,
  existingDirectory,
} from './host-check.js'
import { checkPlatforms } from './platform-check.js'
import { checkRegistries, type UsedRegistry } from './registry-check.js'

/** Options of {@link diagnose}. */
export interface DiagnoseOptions
  extends OperationOptions,
    BuilderChoice,
    Pick<PipelineOptions, 'registry' | 'directory'> {
  /** False if there is no definition: then only the host of the registry is checked. Default true. */
  readonly definition?: boolean
}

export const DIAGNOSE_OPTIONS: OptionNames<DiagnoseOptions> = {
  ...OPERATION_OPTIONS,
  builders: 'array',
  engines: 'array',
  engine: 'object',
  builderRegistry: 'string',
  registry: 'string',
  directory: 'string',
  definition: 'boolean',
}

/**
 * Checks everything that a run of the pipelines would need. It leaves nothing behind: the upload that tests the push
 * permission is cancelled at once.
 *
 * @throws CancelledError
 */
export async function diagnose(...given: PipelinesAndOptions<DiagnoseOptions>): Promise<Diagnosis> {
  const { pipelines, options } = splitArguments('diagnose', given, DIAGNOSE_OPTIONS)
  throwIfCancelled(options.signal)
  const { env, now, docker, credentials } = readRunEnvironment(options)
  const embedded = isEmbedded(options.registry)
  const { definition, issues } =
    options.definition === false
      ? { definition: NO_DEFINITION, issues: [] }
      : readDefinition(() =>
          compile(pipelines, {
            registry: registryBeforeStart(options.registry),
            directory: options.directory,
            today: now,
          }),
        )
  await using builders = openBuilders(options, { credentials, env, registry: embedded ? undefined : options.registry })
  const used = options.definition === false ? hostAlone(options.registry) : usedRegistries(definition)
  const registries = used.filter(({ host }) => !(embedded && host === EMBEDDED_HOST))
  const made = madeBases(definition)
  const config = await readProxies(docker)
  const found = await Promise.all([
    checkPlatforms(await builders.all(options.signal), platformsOf(definition), {
      signal: options.signal,
      proxies: config.proxies,
    }),
    checkBuilders(await builders.all(options.signal), { signal: options.signal, targets: pushTargets(registries) }),
    checkRegistries(registries, { ...options.registryClient, credentials }, options.signal),
    checkTools(env, [...new Set(made.map(({ by }) => by))], process.getuid?.()),
    checkPackageEmulation(packageArchitectures(made)),
    checkDiskSpace([tmpdir(), ...(await registryFolders(options.registry))]),
    checkLimits(process.getuid?.()),
  ])
  throwIfCancelled(options.signal)
  return {
    version: DIAGNOSIS_VERSION,
    findings: [...issues, ...found.flat(), ...checkProxy(env), ...checkAuthVariable(env), ...config.findings],
  }
}

/** The directory in which the embedded registry stores its content, if it is used. */
async function registryFolders(choice: string | undefined): Promise<readonly string[]> {
  if (choice === undefined || !isEmbedded(choice)) return []
  return [await existingDirectory(await registryDirectory(choice))]
}

async function readProxies(
  docker: DockerConfiguration,
): Promise<{ readonly proxies: DockerProxies; readonly findings: readonly Finding[] }> {
  try {
    return { proxies: await docker.proxies(), findings: [] }
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    const advice = error.hint ?? 'make the file readable'
    return { proxies: new Map(), findings: [warningOrError('error', 'docker config', error.message, advice)] }
  }
}

const NO_DEFINITION: Definition = { pipelines: [], notes: [], ended: [] }

/** A registry of which only the host is known. */
function hostAlone(registry: string | undefined): readonly UsedRegistry[] {
  const host = registry?.split('/', 1)[0]
  return host === undefined || isEmbedded(registry) ? [] : [{ host, bases: [], targets: [] }]
}

/** Converts an invalid definition to a finding, so that the other checks still run. */
function readDefinition(read: () => Definition): {
  readonly definition: Definition
  readonly issues: readonly Finding[]
} {
  try {
    const definition = read()
    const count = definition.pipelines.length
    return { definition, issues: [fine('definition', `${count} pipeline${count === 1 ? '' : 's'}, no issue`)] }
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error
    const issues = error.issues.map(({ path, message, hint }) =>
      warningOrError('error', 'definition', `${path}: ${message}`, hint ?? 'correct it in build.ts'),
    )
    return { definition: NO_DEFINITION, issues }
  }
}

function platformsOf({ pipelines }: Definition): readonly Platform[] {
  const all = pipelines.flatMap(({ platforms }) => platforms.map(({ platform }) => platform))
  return [...new Map(all.map((platform) => [platformIdentity(platform), platform])).values()]
}

function usedRegistries({ pipelines }: Definition): readonly UsedRegistry[] {
  const targets = oncePerName(
    pipelines.flatMap(({ repository, sharedBase, names }) => [
      ...names,
      { ...repository, tag: 'latest' },
      { ...repositoryOf(sharedBase), tag: sharedBase.tag ?? 'latest' },
    ]),
    formatRepository,
  )
  const bases = oncePerName(
    pipelines.flatMap(({ platforms }) =>
      platforms.flatMap(({ base }) => (base.kind === 'registry' ? [withDefaultTag(base.reference)] : [])),
    ),
    formatReference,
  )
  const hosts = new Set([...targets, ...bases].map(({ registry }) => registry))
  const isAt = (host: string) => (reference: Reference) => reference.registry === host
  return [...hosts].map((host) => ({ host, bases: bases.filter(isAt(host)), targets: targets.filter(isAt(host)) }))
}

/** One name in each registry that is pushed to. */
function pushTargets(registries: readonly UsedRegistry[]): readonly Reference[] {
  return registries.flatMap(({ targets }) => targets.slice(0, 1))
}

function oncePerName(references: readonly Reference[], nameOf: (reference: Reference) => string): readonly Reference[] {
  return [...new Map(references.toReversed().map((one) => [nameOf(one), one])).values()].toReversed()
}

function madeBases({ pipelines }: Definition): readonly MadeBase[] {
  return pipelines.flatMap(({ platforms }) => platforms.flatMap(({ base }) => (base.kind === 'made' ? [base] : [])))
}

/** The architectures of programs that run on this machine to make bases. */
function packageArchitectures(bases: readonly MadeBase[]): readonly string[] {
  return [...new Set(bases.flatMap(({ by, source }) => by.architecture(source) ?? []))]
}
