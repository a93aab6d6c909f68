import { getBooleanInput, getInput } from '@actions/core'

/** Commands of the action. */
const COMMANDS = ['plan', 'build', 'assemble', 'matrix'] as const

/** One of {@link COMMANDS}. */
export type ActionCommand = (typeof COMMANDS)[number]

/** The inputs of action.yml. */
export interface Inputs {
  readonly command: ActionCommand
  readonly file: string
  readonly directory: string
  /** Pipelines, platforms, registry and further arguments, as the command line takes them. */
  readonly args: readonly string[]
  readonly emulators: 'auto' | 'never'
  readonly emulatorImage: string
  readonly isCommentWanted: boolean
  readonly artifact: string
  readonly token: string
}

/** Reads and validates the inputs. */
export function readInputs(eventName: string): Inputs {
  const written = getInput('command') || (eventName.startsWith('pull_request') ? 'plan' : 'build')
  const command = COMMANDS.find((one) => one === written)
  if (command === undefined) throw new Error(`input 'command' is '${written}': use ${COMMANDS.join(', ')}`)
  const emulators = getInput('emulators')
  if (emulators !== 'auto' && emulators !== 'never') {
    throw new Error(`input 'emulators' is '${emulators}': use auto or never`)
  }
  return {
    command,
    file: getInput('file'),
    directory: getInput('working-directory'),
    args: argumentsOf(command),
    emulators,
    emulatorImage: getInput('emulator-image'),
    isCommentWanted: getBooleanInput('comment'),
    artifact: getInput('artifact'),
    token: getInput('token'),
  }
}

function argumentsOf(command: ActionCommand): readonly string[] {
  const registry = getInput('registry')
  const only = words('only')
  if (only.length > 0 && (command === 'assemble' || command === 'matrix')) {
    throw new Error(`input 'only' is not supported by the command '${command}'`)
  }
  return [
    ...words('pipelines'),
    ...only.flatMap((platform) => ['--only', platform]),
    ...(registry === '' ? [] : ['--registry', registry]),
    ...lines('arguments'),
  ]
}

function words(name: string): readonly string[] {
  return getInput(name)
    .split(/[\s,]+/)
    .filter((word) => word !== '')
}

function lines(name: string): readonly string[] {
  return getInput(name)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
