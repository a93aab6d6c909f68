import { join } from 'node:path'
import { openBuilders } from '../../builder/builders.js'
import { compile } from '../../definition/compile/compile.js'
import { rehost } from '../../definition/compile/rehost.js'
import type { Pipeline } from '../../definition/declare/pipeline.js'
import type { Definition } from '../../definition/definition.js'
import type { Graph } from '../../graph/node.js'
import type { Environment } from '../../host/environment.js'
import { createLock, type Lock } from '../../lock/lock.js'
import { lockPath, readLockFile } from '../../lock/lock-file.js'
import { createCodeReader } from '../../machine-code/image-code.js'
import { closeAll } from '../../model/async/close-all.js'
import { asDiskFull } from '../../model/disk-full.js'
import { DefinitionError } from '../../model/errors.js'
import type { Platform } from '../../model/platform.js'
import type { PlanningInput } from '../../plan/planning.js'
import { createRegistry } from '../../registry/client.js'
import type { RootfsMaker } from '../../rootfs/port.js'
import { createContexts } from '../../steps/image/context/contexts.js'
import { publishedNames, signedResults, targetNodes } from '../../steps/published-names.js'
import type { StepServices } from '../../steps/step.js'
import { createFilesCache } from '../../steps/test/files-cache.js'
import { createPassedTests } from '../../steps/test/passed-tests.js'
import { createUpstreamManifests } from '../../steps/upstream-manifests.js'
import { createSignatureVerifier } from '../../trust/verify.js'
import { type LocalCache, openLocalCache } from '../local-cache.js'
import type { PlanOptions } from '../options.js'
import { chooseRegistry, isEmbedded, registryBeforeStart } from '../registry-choice.js'
import { type RunEnvironment, readRunEnvironment } from '../run-environment.js'
import { readPolicy } from '../trust/policy-options.js'
import { choosePlatforms } from './chosen-platforms.js'
import { linkedGraph } from './linked-graph.js'
import { readForced } from './rebuild-choice.js'

/** A definition on the selected registry, with everything that is needed to plan and execute it. */
export interface RunSession {
  readonly definition: Definition
  readonly graph: Graph
  readonly input: PlanningInput
  readonly services: StepServices
}

/**
 * Compiles pipelines, opens clients and builders, runs the work, and closes everything. Issues of the definition are
 * reported before anything is opened. If several steps fail, closing included, the first error is thrown.
 */
export async function withRunSession<Result>(
  pipelines: readonly Pipeline[],
  options: PlanOptions,
  work: (session: RunSession) => Promise<Result>,
  givenLock?: Lock,
): Promise<Result> {
  const environment = readRunEnvironment(options)
  const declared = compile(pipelines, {
    registry: registryBeforeStart(options.registry),
    directory: options.directory,
    chosen: options.pipelines,
    today: environment.now,
  })
  const only = readOnly(options.only, declared)
  const lock = givenLock ?? (await openLock(options))
  const open: AsyncDisposable[] = []
  let result: Result
  let explain = (error: unknown) => error
  try {
    const destination = await chooseRegistry(options.registry)
    explain = destination.explain
    open.push(destination)
    const definition = rehost(declared, destination.startedAt)
    const cache = openLocalCache(options)
    const services = openServices(options, { lock, cache, environment })
    open.unshift(services.contexts, services.builders, services.registry, cache)
    await services.builders.checkAddresses()
    const graph = await linkedGraph(definition, only, services, options.signal)
    const planned = planningInput(definition, graph, options, only)
    const { note, ...signing } = await readSigning(planned, options, only, environment)
    const input = { ...planned, ...signing, notes: [...planned.notes, ...(note === undefined ? [] : [note])] }
    result = await work({ definition, graph, services, input })
  } catch (error) {
    await closeAll(open).catch(() => {})
    throw explain(asDiskFull(error))
  }
  await closeAll(open)
  return result
}

function planningInput(
  definition: Definition,
  graph: Graph,
  options: PlanOptions,
  only: readonly Platform[] | undefined,
): PlanningInput {
  const published = publishedNames(definition, graph)
  const isWhole = only === undefined && options.publish !== false
  const names = isWhole ? published.filter(({ requested }) => requested) : []
  return {
    graph,
    names,
    published,
    checksUpstream: false,
    skipsTests: options.skipTests ?? false,
    isForced: readForced(options, graph),
    targets: isWhole ? targetNodes(definition, graph, published) : imagesOf(graph, definition),
    notes: definition.notes,
    builds: options.build ?? true,
    emulates: options.emulation !== 'never',
    ended: definition.ended,
    policy: options.policy && readPolicy(options.policy),
  }
}

/**
 * A run without an index does not sign: the run that publishes the images signs them. With `--only` the key is checked if this
 * machine has it, because a bad key would fail the other run after all builds.
 */
async function readSigning(
  { names, targets, graph }: PlanningInput,
  { sign, publish, directory = '.' }: PlanOptions,
  only: readonly Platform[] | undefined,
  { env }: RunEnvironment,
): Promise<Pick<PlanningInput, 'signing'> & { readonly note?: string }> {
  if (sign === undefined || publish === false) return {}
  const { checkSigner, openSigner } = await import('../trust/sign-options.js')
  if (only !== undefined) return checkSigner(sign, directory, env)
  return {
    signing: { results: signedResults(names, targets, graph), signer: await openSigner(sign, directory, env) },
  }
}

/** The lock file of the directory, if it exists. @throws DefinitionError LOCK_INVALID */
async function openLock({ directory, frozen = false }: PlanOptions): Promise<Lock> {
  return createLock({ entries: await readLockFile(lockPath(directory)), frozen })
}

interface Opened {
  readonly lock: Lock
  readonly cache: LocalCache
  readonly environment: RunEnvironment
}

function openServices(options: PlanOptions, { lock, cache, environment }: Opened): StepServices {
  const { env, now, invocationId, docker, credentials } = environment
  const registry = createRegistry({ ...options.registryClient, credentials })
  return {
    env,
    now,
    invocationId,
    proxies: docker.proxies,
    registry,
    lock,
    upstream: createUpstreamManifests(registry),
    code: createCodeReader(),
    signatures: createSignatureVerifier({ registry, directory: options.directory ?? '.' }),
    passed: createPassedTests(registry),
    files: createFilesCache(),
    builders: openBuilders(options, {
      credentials,
      env,
      registry: isEmbedded(options.registry) ? undefined : options.registry,
    }),
    rootfs: lazyRootfsMaker(cache, env),
    contexts: createContexts({
      env,
      epoch: sourceDateEpoch(env),
      ...(options.localCache !== false && { cacheFolder: async () => join(await cache.directory(), 'contexts') }),
    }),
  }
}

/** Loaded for the first base that is made from packages or an archive. */
function lazyRootfsMaker(cache: LocalCache, env: Environment): RootfsMaker {
  let maker: Promise<RootfsMaker> | undefined
  const open = async () => {
    const { createRootfsMaker } = await import('../../rootfs/maker.js')
    return createRootfsMaker({ env, cacheDirectory: await cache.directory() })
  }
  const load = () => {
    maker ??= open()
    return maker
  }
  return {
    resolve: async (...given) => (await load()).resolve(...given),
    current: async (...given) => (await load()).current(...given),
    make: async (...given) => (await load()).make(...given),
  }
}

/** @see https://reproducible-builds.org/specs/source-date-epoch/ */
function sourceDateEpoch({ SOURCE_DATE_EPOCH: text }: Environment): number | undefined {
  if (text === undefined || text === '') return undefined
  if (/^\d+$/.test(text)) return Number(text)
  throw new DefinitionError([{ path: 'SOURCE_DATE_EPOCH', message: `'${text}' is not a number of seconds` }], 'USAGE')
}

function readOnly(only: readonly string[] | undefined, { pipelines }: Definition): readonly Platform[] | undefined {
  if (only === undefined || only.length === 0) return undefined
  const requested = pipelines.filter((one) => one.requested).flatMap(({ platforms }) => platforms)
  const declared = requested.map(({ platform }) => platform)
  return choosePlatforms('--only', only, declared)
}

/**
 * If platforms are selected, the results are the tested images of the requested pipelines; indexes need a run of all
 * platforms.
 */
function imagesOf(graph: Graph, { pipelines }: Definition): ReadonlySet<string> {
  const requested = new Set(pipelines.filter((one) => one.requested).map(({ name }) => name))
  const images = graph.nodes.filter(({ kind, pipeline }) => ['image', 'test'].includes(kind) && requested.has(pipeline))
  return new Set(images.map(({ id }) => id))
}
