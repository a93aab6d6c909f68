/**
 * Compiles, links and plans as many nodes as its argument says, against a registry in memory, and prints what that took as
 * JSON. `planning.ts` bundles it and runs it.
 */
import { readFileSync } from 'node:fs'
import type { Builders } from '../../packages/core/src/builder/builders.js'
import { compile } from '../../packages/core/src/definition/compile/compile.js'
import { fromImage } from '../../packages/core/src/definition/declare/image-base.js'
import { type Pipeline, pipeline } from '../../packages/core/src/definition/declare/pipeline.js'
import { platform } from '../../packages/core/src/definition/declare/platform-declaration.js'
import { createLock } from '../../packages/core/src/lock/lock.js'
import { createCodeReader } from '../../packages/core/src/machine-code/image-code.js'
import { linkedGraph } from '../../packages/core/src/operations/runs/linked-graph.js'
import { makePlan } from '../../packages/core/src/plan/planning.js'
import type { Registry } from '../../packages/core/src/registry/port.js'
import { createContexts } from '../../packages/core/src/steps/image/context/contexts.js'
import { publishedNames, targetNodes } from '../../packages/core/src/steps/published-names.js'
import type { StepServices } from '../../packages/core/src/steps/step.js'
import { createFilesCache } from '../../packages/core/src/steps/test/files-cache.js'
import { createPassedTests } from '../../packages/core/src/steps/test/passed-tests.js'
import { createUpstreamManifests } from '../../packages/core/src/steps/upstream-manifests.js'
import { createSignatureVerifier } from '../../packages/core/src/trust/verify.js'
import { memoryRegistry } from './memory-registry.js'
import type { PlanningRun } from './planning.js'

const PLATFORMS = [
  { os: 'linux', architecture: 'amd64' },
  { os: 'linux', architecture: 'arm64' },
  { os: 'linux', architecture: 'arm', variant: 'v7' },
]

/** Of a pipeline: a base and an image per platform, the shared base, and the index. */
const NODES_PER_PIPELINE = 2 * PLATFORMS.length + 2

function makePipelines(nodes: number, bases: ReadonlyMap<string, string>): readonly Pipeline[] {
  return Array.from({ length: Math.ceil(nodes / NODES_PER_PIPELINE) }, (_, at) =>
    pipeline(`registry.example.com/team/app${at}`)
      .platforms(
        platform('amd64', { base: fromImage(bases.get('amd64') ?? '') }),
        platform('arm64', { base: fromImage(bases.get('arm64') ?? '') }),
        platform('arm', { variant: 'v7', base: fromImage(bases.get('arm') ?? '') }),
      )
      .build({ context: false, dockerfileInline: `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\nRUN echo ${at} > /number\n` })
      .tags('1.0', 'latest'),
  )
}

function servicesOf(registry: Registry): StepServices {
  const env = {}
  return {
    env,
    invocationId: 'fleet',
    now: new Date(),
    proxies: async () => new Map(),
    registry,
    lock: createLock({ entries: undefined, frozen: false }),
    upstream: createUpstreamManifests(registry),
    code: createCodeReader(),
    signatures: createSignatureVerifier({ registry, directory: '.' }),
    passed: createPassedTests(registry),
    files: createFilesCache(),
    builders: { prepare: () => {} } as unknown as Builders,
    contexts: createContexts({ env }),
    rootfs: {} as StepServices['rootfs'],
  }
}

async function planNodes(pipelines: readonly Pipeline[], registry: Registry): Promise<number> {
  const definition = compile(pipelines, { registry: undefined, directory: undefined, today: new Date() })
  const services = servicesOf(registry)
  const graph = await linkedGraph(definition, undefined, services, undefined)
  const published = publishedNames(definition, graph)
  const { plan } = await makePlan(
    {
      graph,
      names: published.filter(({ requested }) => requested),
      published,
      targets: targetNodes(definition, graph, published),
      checksUpstream: false,
      skipsTests: false,
      isForced: () => false,
      notes: [],
      builds: false,
      emulates: true,
      ended: definition.ended,
      policy: undefined,
      signing: undefined,
    },
    services,
  )
  return plan.nodes.length
}

/** Milliseconds of processor time of the process, on all threads, that some work took. */
async function processorTimeOf(work: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

/** The most memory that the process has had, in MB. */
function peakMemory(): number {
  return Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024
}

const { registry, bases, repeat } = await memoryRegistry(PLATFORMS)
// Loads all modules.
await planNodes(makePipelines(1, bases), registry)
await repeat()
const loadedMemory = peakMemory()
const pipelines = makePipelines(Number(process.argv[2]), bases)
let nodes = 0
const start = performance.now()
const processorTime = await processorTimeOf(async () => {
  nodes = await planNodes(pipelines, registry)
})
const time = performance.now() - start
const peak = peakMemory()
let requests = 0
const registryTime = await processorTimeOf(async () => {
  requests = await repeat()
})
const run: PlanningRun = { nodes, time, processorTime, requests, registryTime, loadedMemory, peak }
console.log(JSON.stringify(run))
