import type { BuildDefinition } from '../../../definition/declare/build-settings.js'
import type { Analysis } from '../../../dockerfile/analysis.js'
import type { DockerfileIssue, MountedSecret } from '../../../dockerfile/dockerfile.js'
import type { StepCall } from '../../step.js'

type Given = Pick<BuildDefinition, 'secrets' | 'ssh'>

/** Issues for required secrets and ssh agents that the build does not define. */
export function secretIssues({ secrets }: Analysis, given: Given): readonly DockerfileIssue[] {
  return missing(secrets, given)
    .filter(({ isRequired }) => isRequired)
    .map((one) => ({ message: `${describe(one)} is required here, but the build does not define it`, ...advice(one) }))
}

/** Adds a note for each other mount that the build does not define. */
export function noteMissingSecrets({ secrets }: Analysis, given: Given, dockerfile: string, call: StepCall): void {
  for (const one of missing(secrets, given)) {
    if (one.isRequired) continue
    const message = `${dockerfile}:${one.line}: ${describe(one)} is mounted here, but the build does not define it; ${advice(one).hint}`
    call.onEvent?.({ kind: 'note', message })
  }
}

function missing(mounted: readonly MountedSecret[], { secrets, ssh }: Given): readonly MountedSecret[] {
  return mounted.filter(({ kind, id }) => !Object.hasOwn(kind === 'secret' ? secrets : ssh, id))
}

function describe({ kind, id }: MountedSecret): string {
  return kind === 'secret' ? `secret '${id}'` : `ssh agent '${id}'`
}

function advice({ kind, id, line }: MountedSecret): { readonly hint: string; readonly line: number } {
  const option = kind === 'secret' ? `secrets: { '${id}': … }` : `ssh: { '${id}': … }`
  return { hint: `add it to build({ ${option} })`, line }
}
