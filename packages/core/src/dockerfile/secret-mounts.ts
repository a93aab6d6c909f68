import type { Instruction, Run } from 'dockerfile-ast'
import type { MountedSecret } from './dockerfile.js'

/**
 * The secrets and ssh agents that a RUN mounts, as far as their ids are written out.
 *
 * @see https://docs.docker.com/reference/dockerfile/#run---mounttypesecret
 */
export function secretsOf(instruction: Instruction): readonly MountedSecret[] {
  if (instruction.getKeyword() !== 'RUN') return []
  const line = instruction.getRange().start.line + 1
  return (instruction as Run).getFlags().flatMap((flag) => {
    if (flag.getName() !== 'mount') return []
    const options = new Map(flag.getOptions().map((option) => [option.getName().toLowerCase(), option.getValue()]))
    const kind = options.get('type')
    if (kind !== 'secret' && kind !== 'ssh') return []
    const id = options.get('id') || (kind === 'ssh' ? 'default' : baseName(targetOf(options)))
    if (!id || id.includes('$')) return []
    // With nothing after it, the word alone says so.
    const isRequired = options.has('required') && !/^(?:false|0)$/i.test(options.get('required') ?? '')
    return [{ kind, id, isRequired, line }]
  })
}

function targetOf(options: ReadonlyMap<string, string | null>): string | null | undefined {
  return options.get('target') ?? options.get('dst') ?? options.get('destination')
}

function baseName(path: string | null | undefined): string | undefined {
  return path?.split('/').at(-1)
}
