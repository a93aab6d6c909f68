import type { Reference } from '../../model/reference.js'
import type { Definition, PipelineDefinition } from '../definition.js'
import { Issues } from '../issues.js'
import { checkNamedBases } from './names/named-bases.js'

/**
 * Replaces the host of every name that a compiled definition publishes. The embedded registry has an address only while
 * it runs, and plugins and functions of the definition are called once.
 *
 * @param host - `host[:port]`; without it, the definition is returned as it is.
 * @throws DefinitionError DEFINITION_INVALID if pipelines are based on each other by names on that host.
 */
export function rehost(definition: Definition, host: string | undefined): Definition {
  if (host === undefined) return definition
  const reading = { issues: new Issues(), notes: [...definition.notes] }
  const pipelines = definition.pipelines.map((pipeline) => rehostPipeline(pipeline, host))
  checkNamedBases(pipelines, reading)
  reading.issues.throwIfAny()
  return { ...definition, pipelines, notes: reading.notes }
}

function rehostPipeline(pipeline: PipelineDefinition, registry: string): PipelineDefinition {
  const moved = (reference: Reference): Reference => ({ ...reference, registry })
  return {
    ...pipeline,
    repository: { ...pipeline.repository, registry },
    sharedBase: moved(pipeline.sharedBase),
    names: pipeline.names.map(moved),
    platforms: pipeline.platforms.map((platform) => ({ ...platform, names: platform.names.map(moved) })),
  }
}
