import type { NodePlan, Plan, PlanAction, TagPlan } from '../../src/model/run/plan.js'
import { nodePlan } from './recorded-run.js'

const ARCHITECTURES = ['386', 'amd64', 'arm', 'arm64', 'ppc64le', 'riscv64', 's390x', 'mips64le']
const ACTIONS: readonly PlanAction[] = ['reuse', 'copy', 'create', 'rebuild', 'known-after']

/** A plan of 216 nodes: twelve pipelines of eight platforms, the later half on the earlier. */
export function largePlan(): Plan {
  const names = Array.from({ length: 12 }, (_, index) => `tool-${index + 1}`)
  return {
    version: 1,
    nodes: names.flatMap((name, at) => pipelineNodes(name, at < 6 ? undefined : names[at - 6], at)),
    tags: names.map(
      (name): TagPlan => ({ reference: `reg.example/team/${name}:1.0`, node: `${name} index`, action: 'move' }),
    ),
    errors: [],
    notes: [],
  }
}

function pipelineNodes(name: string, base: string | undefined, at: number): readonly NodePlan[] {
  const action = ACTIONS[at % ACTIONS.length] ?? 'reuse'
  const platforms = ARCHITECTURES.map((architecture) => ({ os: 'linux', architecture }))
  const baseNodes = platforms.map((platform) =>
    nodePlan(`${name} base(linux/${platform.architecture})`, 'base', action, {
      platform,
      ...(base === undefined
        ? { source: `docker.io/library/debian:${at}` }
        : { needs: [`${base} image(linux/${platform.architecture})`] }),
    }),
  )
  const shared = nodePlan(`${name} base index`, 'base-index', action, { needs: baseNodes.map(({ node }) => node) })
  const images = platforms.map((platform, index) =>
    nodePlan(`${name} image(linux/${platform.architecture})`, 'image', action, {
      platform,
      needs: [baseNodes[index]?.node ?? '', shared.node],
    }),
  )
  return [
    ...baseNodes,
    shared,
    ...images,
    nodePlan(`${name} index`, 'index', action, { needs: images.map(({ node }) => node) }),
  ]
}
