/**
 * Plans 10,000 nodes against a registry in memory, which has the bases and nothing else: what is measured is polyarch,
 * and no network. Prints the time of compiling, linking and planning, and the memory above that of the loaded modules.
 *
 * Run with: node --expose-gc --import tsx bench/fleet/planning.ts
 */
import { Readable } from 'node:stream'
import type { Engines } from '../../packages/core/src/builder/builders.js'
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
import { tinyImage } from '../../test/support/tiny-image.js'

const MB = 1024 * 1024
const NODES = 10_000
const PLATFORMS = [
  platformOf('amd64'),
  platformOf('arm64'),
  { os: 'linux', architecture: 'arm', variant: 'v7' },
] as const

/** Of a pipeline: a base and an image per platform, the shared base, and the index. */
const NODES_PER_PIPELINE = 2 * PLATFORMS.length + 2

function platformOf(architecture: string) {
  return { os: 'linux', architecture }
}

function makePipelines(bases: ReadonlyMap<string, string>): readonly Pipeline[] {
  return Array.from({ length: Math.ceil(NODES / NODES_PER_PIPELINE) }, (_, at) =>
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

/** Has some images, and nothing else. */
async function memoryRegistry() {
  const images = await Promise.all(PLATFORMS.map((one) => tinyImage({ platform: one })))
  const manifests = new Map(images.map(({ manifest }) => [manifest.descriptor.digest as string, manifest]))
  const blobs = new Map(
    images.flatMap(({ config, layer }) => [config, layer]).map((one) => [one.descriptor.digest, one]),
  )
  const find = (reference: { readonly repository: string; readonly digest?: string | undefined }) =>
    reference.repository === 'base' ? manifests.get(reference.digest ?? '') : undefined
  const registry = {
    resolve: async (reference: Parameters<typeof find>[0]) => find(reference)?.descriptor,
    getManifest: async (reference: Parameters<typeof find>[0]) => find(reference),
    readBlob: async (_at: unknown, { digest }: { readonly digest: string }) =>
      Readable.from([blobs.get(digest as never)?.bytes ?? Buffer.alloc(0)]),
    hasBlob: async () => false,
    listReferrers: async () => [],
    listTags: async () => [],
    [Symbol.asyncDispose]: async () => {},
  } as unknown as Registry
  const bases = new Map(
    images.map(({ platform: { architecture }, manifest }) => [
      architecture,
      `registry.example.com/base@${manifest.descriptor.digest}`,
    ]),
  )
  return { registry, bases }
}

function servicesOf(registry: Registry): StepServices {
  const env = {}
  return {
    env,
    now: new Date(),
    proxies: async () => new Map(),
    registry,
    lock: createLock({ entries: undefined, frozen: false }),
    upstream: createUpstreamManifests(registry),
    code: createCodeReader(),
    signatures: createSignatureVerifier({ registry, directory: '.' }),
    passed: createPassedTests(registry),
    files: createFilesCache(),
    engines: { prepare: () => {} } as unknown as Engines,
    contexts: createContexts({ env, epoch: undefined }),
    rootfs: {} as StepServices['rootfs'],
  }
}

async function planAll(): Promise<number> {
  const { registry, bases } = await memoryRegistry()
  const definition = compile(makePipelines(bases), { registry: undefined, directory: undefined, today: new Date() })
  const services = servicesOf(registry)
  const graph = await linkedGraph(definition, undefined, services, undefined)
  const published = publishedNames(definition, graph)
  const { plan } = await makePlan(
    {
      graph,
      names: published.filter(({ requested }) => requested),
      published,
      targets: targetNodes(definition, graph),
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

globalThis.gc?.()
const before = process.memoryUsage.rss()
let peak = before
const timer = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss())
}, 5)
const start = performance.now()
const cpu = process.cpuUsage()
const count = await planAll()
const { user, system } = process.cpuUsage(cpu)
const seconds = (performance.now() - start) / 1000
clearInterval(timer)
peak = Math.max(peak, process.memoryUsage.rss())
console.log(
  `${count} nodes: ${seconds.toFixed(2)} s, ${((user + system) / 1e6).toFixed(2)} s of processor time, ${((peak - before) / MB).toFixed(0)} MB above the loaded modules`,
)
