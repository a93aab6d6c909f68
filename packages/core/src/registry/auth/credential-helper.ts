import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { onAbort } from '../../model/async/on-abort.js'
import { RegistryError, throwIfCancelled } from '../../model/errors.js'
import { parseJson } from '../../model/json.js'
import type { CredentialCall, Credentials } from '../port.js'
import { helperKey, loginOf } from './docker-config-file.js'

/** Options of a helper's run. */
export interface HelperCall extends CredentialCall {
  /** The variables of the helper. */
  readonly env: NodeJS.ProcessEnv
}

/** In milliseconds: a helper may send a request to a cloud service, or wait for the user to touch a key. */
const TIMEOUT = 60_000

/** What helpers print, on stdout or stderr, if they have no login for a host. */
const NO_CREDENTIALS = /^credentials not found in native keychain\s*$/

/**
 * Reads the login of a host from a credential helper, the program `docker-credential-NAME`.
 *
 * @returns undefined if the helper has no login for the host.
 * @throws RegistryError CREDENTIALS_UNREADABLE if the helper is missing, fails, or prints invalid output; CancelledError
 * @see https://github.com/docker/docker-credential-helpers/blob/v0.9.3/README.md
 */
export async function runCredentialHelper(
  name: string,
  host: string,
  { env, signal }: HelperCall,
): Promise<Credentials | undefined> {
  throwIfCancelled(signal)
  const program = `docker-credential-${name}`
  if (!/^[A-Za-z0-9_.-]+$/.test(name)) throw unreadable(`credential helper name '${name}' is not valid`)
  const child = spawn(program, ['get'], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  // The option `timeout` of `spawn` keeps its timer, and so the process, if the program does not exist.
  const timer = setTimeout(() => child.kill(), TIMEOUT)
  const forget = signal && onAbort(signal, () => child.kill())
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  // A helper that exits without reading its input closes the pipe. Its exit code is more precise than this error.
  child.stdin.on('error', () => {})
  child.stdin.end(helperKey(host))
  const [output, issue, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
    .catch((cause: unknown) => {
      throw unreadable(`${program} cannot be run for ${host}`, cause)
    })
    .finally(() => {
      clearTimeout(timer)
      forget?.()
    })
  throwIfCancelled(signal)
  if (code === 0) return parseAnswer(output, program, host)
  if (NO_CREDENTIALS.test(output) || NO_CREDENTIALS.test(issue)) return undefined
  throw unreadable(`${program} failed for ${host} with ${code === null ? 'a signal' : `exit code ${code}`}`)
}

function parseAnswer(output: string, program: string, host: string): Credentials | undefined {
  const answer = jsonValue(output)
  if (typeof answer !== 'object' || answer === null) throw unreadable(`${program} returned invalid JSON for ${host}`)
  const username = 'Username' in answer && typeof answer.Username === 'string' ? answer.Username : ''
  const secret = 'Secret' in answer && typeof answer.Secret === 'string' ? answer.Secret : ''
  return username === '' || secret === '' ? undefined : loginOf(username, secret)
}

function jsonValue(output: string): unknown {
  try {
    return parseJson(output)
  } catch {
    return undefined
  }
}

/** Does not contain the helper's output, which may be a secret. */
function unreadable(message: string, cause?: unknown): RegistryError {
  return new RegistryError('CREDENTIALS_UNREADABLE', message, {
    hint: "check 'credsStore' and 'credHelpers' in docker's config.json, and that the helper is in PATH",
    ...(cause !== undefined && { cause }),
  })
}
