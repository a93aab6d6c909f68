import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Environment } from '../../host/environment.js'
import { EngineError } from '../../model/errors.js'
import { parseJson } from '../../model/json.js'
import { LIMITS } from '../../model/limits.js'
import { readObjects } from './objects.js'

/** Location of Kubernetes objects. Missing fields default to kubectl's configuration, current context and namespace. */
export interface ClusterScope {
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
  readonly namespace?: string | undefined
}

/** Milliseconds that `kubectl` gives one request. */
const REQUEST_TIMEOUT = 30_000

/** The arguments of `kubectl` that say where objects are. */
export function scopeArguments({ kubeconfig, context, namespace }: ClusterScope): readonly string[] {
  return [
    ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
    ...(context === undefined ? [] : [`--context=${context}`]),
    ...(namespace === undefined ? [] : [`--namespace=${namespace}`]),
  ]
}

/**
 * Reads objects by `kubectl get`, and returns them as Kubernetes has them.
 *
 * @param what - resource, names and selectors, as arguments of `kubectl get`
 * @throws ENGINE_UNREACHABLE
 */
export async function getObjects(
  what: readonly string[],
  scope: ClusterScope,
  { env, signal }: { readonly env: Environment; readonly signal?: AbortSignal | undefined },
): Promise<readonly unknown[]> {
  const args = [
    'get',
    ...scopeArguments(scope),
    `--request-timeout=${REQUEST_TIMEOUT / 1000}s`,
    '--output=json',
    ...what,
  ]
  try {
    const options = { env: { ...env }, maxBuffer: LIMITS.kubectlAnswer, ...(signal && { signal }) }
    return parseAnswer((await promisify(execFile)('kubectl', args, options)).stdout)
  } catch (cause) {
    signal?.throwIfAborted()
    throw failure(cause)
  }
}

/** `--ignore-not-found` prints nothing if there is nothing. */
function parseAnswer(text: string): readonly unknown[] {
  return text.trim() === '' ? [] : readObjects(parseJson(text))
}

function failure(cause: unknown): EngineError {
  const { code, stderr, message } = cause as { code?: unknown; stderr?: string; message: string }
  if (code === 'ENOENT') {
    return new EngineError('ENGINE_UNREACHABLE', "builders on Kubernetes require the program 'kubectl'", {
      hint: 'install kubectl, and check that it is in the PATH',
      cause,
    })
  }
  const reason = stderr?.trim().split('\n').at(-1) || message
  return new EngineError('ENGINE_UNREACHABLE', `kubectl cannot list the builders: ${reason}`, {
    hint: "check the cluster, context and namespace with 'kubectl config get-contexts' and 'kubectl get pods'",
    cause,
  })
}
