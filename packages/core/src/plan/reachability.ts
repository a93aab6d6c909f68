import type { Builder } from '../builder/port.js'
import type { ImageNode } from '../graph/node.js'
import { EngineError } from '../model/errors.js'
import { isLoopback } from '../model/loopback.js'
import type { StepCall } from '../steps/step.js'

/**
 * Has the engine ask for itself whether it gets to the registries that it is to push to. Only those on a loopback
 * address are in doubt: what `127.0.0.1` means depends on the machine that the engine runs on.
 *
 * @returns an error per registry that the engine gets no answer from, by the registry's host.
 */
export async function findUnreachableRegistries(
  images: readonly ImageNode[],
  engine: Builder,
  call: StepCall,
): Promise<ReadonlyMap<string, EngineError>> {
  const local = new Map(images.map(({ repository }) => [repository.registry, repository]))
  const asked = [...local].filter(([registry]) => isLoopback(registry.replace(/:\d+$/, '')))
  const answers = await Promise.all(
    asked.map(async ([registry, repository]) => {
      const error = await engine.requireRegistry(repository, call).then(() => undefined, cannotReach)
      return [registry, error] as const
    }),
  )
  return new Map(answers.flatMap(([registry, error]) => (error === undefined ? [] : [[registry, error]])))
}

/** What a registry answers, if only that it wants another login, has been reached: the push will tell the rest. */
function cannotReach(error: unknown): EngineError | undefined {
  if (!(error instanceof EngineError)) throw error
  return error.code === 'ENGINE_CANNOT_REACH_REGISTRY' ? error : undefined
}
