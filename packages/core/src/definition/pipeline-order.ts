import type { PipelineDefinition } from './definition.js'

/** What others stand on comes first; the given order is kept otherwise. */
export function sortByDependency(pipelines: readonly PipelineDefinition[]): readonly PipelineDefinition[] {
  const sorted: PipelineDefinition[] = []
  const byId = new Map(pipelines.map((pipeline) => [pipeline.id, pipeline]))
  const visit = (pipeline: PipelineDefinition | undefined) => {
    if (pipeline === undefined || sorted.includes(pipeline)) return
    for (const { base } of pipeline.platforms) if (base.kind === 'pipeline') visit(byId.get(base.pipeline))
    sorted.push(pipeline)
  }
  for (const pipeline of pipelines) visit(pipeline)
  return sorted
}
