import type { Builder } from '../builder/port.js'
import type { Node } from '../graph/node.js'
import { EngineError } from '../model/errors.js'
import { isLoopback } from '../model/loopback.js'
import type { StepCall } from '../steps/step.js'

/**
 * Lets the builder check whether it can reach the registries that it must push to or pull from.
 * Only registries on a loopback address are checked: `127.0.0.1` means the machine on which the builder runs. So are
 * registries that the builder reaches under another name.
 *
 * @returns an error per registry that the builder cannot reach, by the registry's host.
 */
export async function findUnreachableRegistries(
  images: readonly Pick<Node, 'repository'>[],
  builder: Builder,
  call: StepCall,
): Promise<ReadonlyMap<string, EngineError>> {
  const local = new Map(images.map(({ repository }) => [repository.registry, repository]))
  const isInDoubt = (registry: string) =>
    isLoopback(registry.replace(/:\d+$/, '')) || registry === builder.registryAlias?.host
  const queried = [...local].filter(([registry]) => isInDoubt(registry))
  const answers = await Promise.all(
    queried.map(async ([registry, repository]) => {
      const error = await builder.requireRegistry(repository, call).then(() => undefined, cannotReach)
      return [registry, error] as const
    }),
  )
  return new Map(answers.flatMap(([registry, error]) => (error === undefined ? [] : [[registry, error]])))
}

/**
 * Any response of the registry, such as one that requires another login, shows that it is reachable: the push reports
 * the rest.
 */
function cannotReach(error: unknown): EngineError | undefined {
  if (!(error instanceof EngineError)) throw error
  return error.code === 'ENGINE_CANNOT_REACH_REGISTRY' ? error : undefined
}
