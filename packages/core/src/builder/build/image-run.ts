import { EngineError } from '../../model/errors.js'
import { LIMITS } from '../../model/limits.js'
import { formatReference } from '../../model/reference.js'
import type { EngineEvent } from '../../model/run/events.js'
import type { BuildTools } from '../build-tools.js'
import { execDefinition } from '../buildkit/llb.js'
import { SolveError, solve } from '../buildkit/solve.js'
import type { BuilderCall, RunRequest, RunResult } from '../port.js'

/** Name of the mounted directory in the session. */
const MOUNTED = 'context'

/** BuildKit's marker for dropped output. */
const CLIPPED = /\[output clipped, log (?:limit|speed) [^\]]*reached\]/

/** The end of BuildKit's error for a process that ended with another code than 0. */
const EXIT_CODE = /\bexit code: (\d+)$/

/** The container runtime's message if it could not start the process, which then ends with code 1. */
const NOT_STARTED = /^(?:runc|crun|container_linux\.go|OCI runtime)\b.*: (exec: .*)/

/** Runs a command in an image by a build in BuildKit's own format: a Dockerfile would run the image's ONBUILD triggers. */
export async function runInImage(
  { image, command, mount, ...request }: RunRequest,
  { buildKit, sessions }: BuildTools,
  { signal, onEvent }: BuilderCall,
): Promise<RunResult> {
  const name = formatReference(image)
  const definition = execDefinition({
    ...request,
    image: name,
    args: command,
    mount: mount && { directory: MOUNTED, target: mount.target },
  })
  const output = new ProcessOutput(request.name)
  const observe = (event: EngineEvent) => {
    output.add(event)
    onEvent?.(event)
  }
  const directories = mount === undefined ? {} : { [MOUNTED]: mount.directory }
  const control = await buildKit.control(signal)
  return sessions.use({ directories, sharedKey: `run-${name}` }, signal, async ({ id, failures }) => {
    try {
      await solve(control, { session: id, definition }, { signal, onEvent: observe })
      return output.result(0)
    } catch (error) {
      if (!(error instanceof SolveError)) throw error
      const result = output.exitCode === undefined ? undefined : output.result(output.exitCode)
      const notStarted = result?.stdout === '' ? NOT_STARTED.exec(result.stderr)?.[1] : undefined
      if (result !== undefined && notStarted === undefined) return result
      throw failures[0] ?? notRun(name, command, notStarted ?? error.step?.error ?? error.message, error)
    }
  })
}

/** Collects the output of a process, and its exit code. */
class ProcessOutput {
  readonly #name: string
  readonly #text = { stdout: '', stderr: '' }
  #step: string | undefined
  #isClipped = false
  #exitCode: number | undefined

  /** @param name - the name of its step: BuildKit changes the digest of a step that must not come from the cache */
  constructor(name: string) {
    this.#name = name
  }

  get exitCode(): number | undefined {
    return this.#exitCode
  }

  add(event: EngineEvent): void {
    if (event.kind === 'build-log' && event.step === this.#step) this.#addText(event.stream, event.text)
    if (event.kind !== 'build-step' || event.name !== this.#name) return
    this.#step = event.step
    const code = EXIT_CODE.exec(event.error ?? '')?.[1]
    if (code !== undefined) this.#exitCode = Number(code)
  }

  #addText(stream: 'stdout' | 'stderr', text: string): void {
    const room = LIMITS.processOutput - this.#text[stream].length
    this.#text[stream] += text.slice(0, room)
    this.#isClipped ||= text.length > room
  }

  result(exitCode: number): RunResult {
    const { stdout, stderr } = this.#text
    return { exitCode, stdout, stderr, isClipped: this.#isClipped || CLIPPED.test(stdout) || CLIPPED.test(stderr) }
  }
}

function notRun(image: string, command: readonly string[], reason: string, cause: SolveError): EngineError {
  const message = `the command ${JSON.stringify(command)} could not run in ${image}: ${reason}`
  return new EngineError('BUILD_FAILED', message, { cause })
}
