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

/** The time that `kubectl` gives one request. */
const REQUEST_TIMEOUT = '--request-timeout=30s'

const KUBECONFIG_ARGUMENT = '--kubeconfig='

/** The arguments of `kubectl` that select context and namespace. */
export function scopeArguments({ kubeconfig, context, namespace }: ClusterScope): readonly string[] {
  return [
    ...(kubeconfig === undefined ? [] : [KUBECONFIG_ARGUMENT + kubeconfig]),
    ...(context === undefined ? [] : [`--context=${context}`]),
    ...(namespace === undefined ? [] : [`--namespace=${namespace}`]),
  ]
}

/** Options of a call of `kubectl`. */
export interface KubectlCall {
  readonly env: Environment
  readonly signal?: AbortSignal | undefined
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
  call: KubectlCall,
): Promise<readonly unknown[]> {
  const args = ['get', ...scopeArguments(scope), REQUEST_TIMEOUT, '--output=json', ...what]
  return parseAnswer(await runKubectl(args, 'list the builders', call))
}

/**
 * Runs `kubectl` to its end.
 *
 * @param action - what fails in the message of an error: `list the builders`
 * @returns its standard output
 * @throws ENGINE_UNREACHABLE
 */
export async function runKubectl(
  args: readonly string[],
  action: string,
  { env, signal, input }: KubectlCall & { readonly input?: string },
): Promise<string> {
  try {
    const options = { env: { ...env }, maxBuffer: LIMITS.kubectlAnswer, ...(signal && { signal }) }
    const running = promisify(execFile)('kubectl', args, options)
    // A program that ends early reports the reason itself.
    running.child.stdin?.on('error', () => {}).end(input)
    return (await running).stdout
  } catch (cause) {
    signal?.throwIfAborted()
    throw kubectlError(cause, action, kubeconfigOf(args, env))
  }
}

/** `--ignore-not-found` prints nothing if there is nothing. */
function parseAnswer(text: string): readonly unknown[] {
  return text.trim() === '' ? [] : readObjects(parseJson(text))
}

/** The source of the configuration of a call of `kubectl`. */
export function kubeconfigOf(args: readonly string[], { KUBECONFIG }: Environment): string {
  const given = args.find((arg) => arg.startsWith(KUBECONFIG_ARGUMENT))
  if (given !== undefined) return `kubeconfig=${given.slice(KUBECONFIG_ARGUMENT.length)} in the address`
  return KUBECONFIG ? `KUBECONFIG=${KUBECONFIG}` : '~/.kube/config'
}

/** The hint for a cluster that cannot be reached with a configuration. */
export function kubeconfigHint(kubeconfig: string): string {
  return `check the cluster, context and namespace in ${kubeconfig} with 'kubectl config get-contexts' and 'kubectl get pods'`
}

/** The error of a call of `kubectl` that failed: ENGINE_UNREACHABLE. */
function kubectlError(cause: unknown, action: string, kubeconfig: string): EngineError {
  const { code, stderr, message } = cause as { code?: unknown; stderr?: string; message: string }
  if (code === 'ENOENT') {
    return new EngineError('ENGINE_UNREACHABLE', "builders on Kubernetes require the program 'kubectl'", {
      hint: 'install kubectl, and check that it is in the PATH',
      cause,
    })
  }
  const reason =
    stderr
      ?.trim()
      .split('\n')
      .at(-1)
      ?.replace(/^(?:error: )+/i, '') || message
  return new EngineError('ENGINE_UNREACHABLE', `kubectl cannot ${action}: ${reason}`, {
    hint: kubeconfigHint(kubeconfig),
    cause,
  })
}
