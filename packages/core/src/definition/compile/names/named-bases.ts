import { formatReference } from '../../../model/reference.js'
import type { PipelineDefinition } from '../../definition.js'
import type { Reading } from '../platform-reading.js'

/**
 * Finds bases whose name is published by a pipeline of the same run. They use the digest from before the run, with a
 * note. If two pipelines are based on each other, it is reported as a cycle.
 */
export function checkNamedBases(pipelines: readonly PipelineDefinition[], { issues, notes }: Reading): void {
  const publishers = new Map(
    pipelines.flatMap((pipeline) => publishedNames(pipeline).map((name) => [name, pipeline] as const)),
  )
  for (const pipeline of pipelines) {
    for (const name of new Set(registryBases(pipeline))) {
      const publisher = publishers.get(name)
      if (publisher === undefined) continue
      const path = `pipeline ${pipeline.name}`
      if (isBasedOn(publisher, pipeline, pipelines)) {
        issues.add(
          path,
          `its base ${name} is published by ${publisher.name}, which is based on it`,
          'remove one of the bases of the cycle',
        )
      } else {
        notes.push(
          `${path}: base ${name} is the image before this run; to use the image of this run, pass the pipeline as base`,
        )
      }
    }
  }
}

function publishedNames({ requested, names, sharedBase }: PipelineDefinition): readonly string[] {
  if (!requested) return []
  return [...names, sharedBase].map(formatReference)
}

function registryBases({ platforms }: PipelineDefinition): readonly string[] {
  return platforms.flatMap(({ base }) => (base.kind === 'registry' ? [formatReference(base.reference)] : []))
}

function isBasedOn(
  pipeline: PipelineDefinition,
  base: PipelineDefinition,
  all: readonly PipelineDefinition[],
): boolean {
  if (pipeline.name === base.name) return true
  return pipeline.platforms.some((platform) => {
    const name = platform.base.kind === 'pipeline' ? platform.base.pipeline : undefined
    const next = all.find((one) => one.name === name)
    return next !== undefined && isBasedOn(next, base, all)
  })
}
