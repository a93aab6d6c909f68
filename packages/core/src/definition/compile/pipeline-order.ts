import type { PipelineDefinition } from '../definition.js'

/** The names of other pipelines that a pipeline needs. */
export type PipelineNeeds = (pipeline: PipelineDefinition) => readonly string[]

/** The pipelines that a pipeline uses as base. */
export function basesOf({ platforms }: PipelineDefinition): readonly string[] {
  return [...new Set(platforms.flatMap(({ base }) => (base.kind === 'pipeline' ? [base.pipeline] : [])))]
}

/** The requested pipelines and those that they need, in the given order. */
export function neededPipelines(
  pipelines: readonly PipelineDefinition[],
  needs: PipelineNeeds = basesOf,
): readonly PipelineDefinition[] {
  const byName = new Map(pipelines.map((pipeline) => [pipeline.name, pipeline]))
  const needed = new Set(pipelines.filter(({ requested }) => requested))
  for (const pipeline of needed) {
    for (const one of needs(pipeline).flatMap((name) => byName.get(name) ?? [])) needed.add(one)
  }
  return pipelines.filter((pipeline) => needed.has(pipeline))
}

/** Pipelines that others need come first; the given order is kept otherwise. */
export function sortByDependency(
  pipelines: readonly PipelineDefinition[],
  needs: PipelineNeeds = basesOf,
): readonly PipelineDefinition[] {
  const sorted = new Set<PipelineDefinition>()
  const byName = new Map(pipelines.map((pipeline) => [pipeline.name, pipeline]))
  const visit = (pipeline: PipelineDefinition | undefined) => {
    if (pipeline === undefined || sorted.has(pipeline)) return
    for (const name of needs(pipeline)) visit(byName.get(name))
    sorted.add(pipeline)
  }
  for (const pipeline of pipelines) visit(pipeline)
  return [...sorted]
}

/** Pipelines that need each other, the first one at both ends; undefined if there are none. */
export function findCycle(
  pipelines: readonly PipelineDefinition[],
  needs: PipelineNeeds,
): readonly string[] | undefined {
  const byName = new Map(pipelines.map((pipeline) => [pipeline.name, pipeline]))
  const done = new Set<string>()
  const visit = (name: string, path: readonly string[]): readonly string[] | undefined => {
    const at = path.indexOf(name)
    if (at >= 0) return [...path.slice(at), name]
    const pipeline = byName.get(name)
    if (pipeline === undefined || done.has(name)) return undefined
    for (const next of needs(pipeline)) {
      const cycle = visit(next, [...path, name])
      if (cycle !== undefined) return cycle
    }
    done.add(name)
    return undefined
  }
  for (const { name } of pipelines) {
    const cycle = visit(name, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}
