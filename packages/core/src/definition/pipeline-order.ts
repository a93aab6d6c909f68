import type { PipelineDefinition } from './definition.js'

/** The requested pipelines and those that they use as base. */
export function neededPipelines(pipelines: readonly PipelineDefinition[]): readonly PipelineDefinition[] {
  const needed = new Set(pipelines.filter(({ requested }) => requested).map(({ name }) => name))
  for (const { name, platforms } of sortByDependency(pipelines).toReversed()) {
    if (!needed.has(name)) continue
    for (const { base } of platforms) if (base.kind === 'pipeline') needed.add(base.pipeline)
  }
  return pipelines.filter(({ name }) => needed.has(name))
}

/** What others stand on comes first; the given order is kept otherwise. */
export function sortByDependency(pipelines: readonly PipelineDefinition[]): readonly PipelineDefinition[] {
  const sorted: PipelineDefinition[] = []
  const byName = new Map(pipelines.map((pipeline) => [pipeline.name, pipeline]))
  const visit = (pipeline: PipelineDefinition | undefined) => {
    if (pipeline === undefined || sorted.includes(pipeline)) return
    for (const { base } of pipeline.platforms) if (base.kind === 'pipeline') visit(byName.get(base.pipeline))
    sorted.push(pipeline)
  }
  for (const pipeline of pipelines) visit(pipeline)
  return sorted
}
