import type { Dockerfile, StageStep } from './dockerfile.js'
import { EPOCH_ARG } from './stage-links.js'

/** Args that BuildKit reads though no ARG declares them. */
const BUILT_IN = /^(?:BUILDKIT_|(?:TARGET|BUILD)(?:PLATFORM|OS|OSVERSION|ARCH|VARIANT)$|TARGETSTAGE$)/

/** The args that can change the result: declared anywhere, or read by BuildKit itself. */
export function usedArgsOf(
  { globalArgs, stages }: Dockerfile,
  given: Readonly<Record<string, string>>,
): readonly string[] {
  const declared = stages.flatMap(({ steps }) => steps.flatMap(argsOf))
  const builtIn = Object.keys(given).filter((name) => BUILT_IN.test(name) || name === EPOCH_ARG)
  const names = new Set([...globalArgs.map(({ name }) => name), ...declared, ...builtIn])
  return [...names].sort()
}

function argsOf(step: StageStep): readonly string[] {
  if (step.kind === 'onbuild') return argsOf(step.trigger)
  return step.kind === 'arg' ? step.args.map(({ name }) => name) : []
}
