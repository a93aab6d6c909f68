import type { BuildSecrets, SshAgents } from '../../../builder/buildkit/options.js'
import { agentSocket } from '../../../builder/buildkit/session/ssh/agent-socket.js'
import type { SecretDefinition, SshDefinition } from '../../../definition/declare/build-secrets.js'
import type { BuildDefinition } from '../../../definition/declare/build-settings.js'
import type { Environment } from '../../../host/environment.js'
import { HostError } from '../../../model/errors.js'
import { readSecretFile, readSecretValue, secretUnavailable } from './secret-value.js'

/** BuildKit's limit for a secret, in bytes. */
const MAX_SECRET = 500 * 1024

/** Returns the secrets of a build, each of which is read when the build requests it. */
export function openSecrets(secrets: BuildDefinition['secrets'], env: Environment): BuildSecrets {
  return Object.fromEntries(Object.entries(secrets).map(([id, secret]) => [id, () => readSecret(id, secret, env)]))
}

/**
 * Returns the ssh agents of a build, each of which is opened when the build requests it.
 *
 * @throws HostError SECRET_UNAVAILABLE
 */
export async function openSshAgents(agents: BuildDefinition['ssh'], env: Environment): Promise<SshAgents> {
  const opened = Object.entries(agents).map(async ([id, agent]) => [id, await openAgent(id, agent, env)] as const)
  return Object.fromEntries(await Promise.all(opened))
}

/** Checks the secrets and agents of a build: returns an error for each that is missing. */
export async function missingSecrets(
  { secrets, ssh }: Pick<BuildDefinition, 'secrets' | 'ssh'>,
  env: Environment,
): Promise<readonly HostError[]> {
  const reading = Object.entries(secrets)
    // A value function may prompt the user, so it is not called in the plan.
    .filter(([, secret]) => secret.kind !== 'value')
    .map(([id, secret]) => readSecret(id, secret, env))
  const connecting = Object.entries(ssh).map(async ([id, agent]) => {
    const open = await openAgent(id, agent, env)
    const connection = await Promise.resolve(open()).catch((cause: unknown) => {
      throw secretUnavailable(
        `the ssh agent '${id}' does not answer`,
        'start it with `eval $(ssh-agent)` and add a key',
        cause,
      )
    })
    connection.destroy()
  })
  const settled = await Promise.allSettled([...reading, ...connecting])
  return settled.flatMap((one) => {
    if (one.status === 'fulfilled') return []
    if (one.reason instanceof HostError) return [one.reason]
    throw one.reason
  })
}

async function readSecret(id: string, secret: SecretDefinition, env: Environment): Promise<Uint8Array> {
  const value = await readSecretValue(`secret '${id}'`, secret, env)
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  if (bytes.byteLength <= MAX_SECRET) return bytes
  throw secretUnavailable(
    `secret '${id}' has ${bytes.byteLength} bytes`,
    `use at most ${MAX_SECRET} bytes, the limit of BuildKit`,
  )
}

async function openAgent(id: string, agent: SshDefinition, env: Environment): Promise<SshAgents[string]> {
  if (agent.kind === 'agent') {
    const socket = agent.socket ?? env['SSH_AUTH_SOCK']
    if (socket) return agentSocket(socket)
    const hint = "start one with `eval $(ssh-agent)` and add a key, or write { keys: ['~/.ssh/…'] }"
    throw secretUnavailable(`the ssh agent '${id}' uses SSH_AUTH_SOCK, which is not set`, hint)
  }
  const texts = await Promise.all(agent.files.map((file) => readSecretFile(`ssh '${id}'`, file)))
  // Loads the reader of keys only if there are keys.
  const { agentOfKeys } = await import('../../../builder/buildkit/session/ssh/key-agent.js')
  try {
    return agentOfKeys(texts)
  } catch (cause) {
    const hint = 'add keys with a passphrase to an ssh agent, and use the agent'
    throw secretUnavailable(`ssh '${id}': ${(cause as Error).message} (${agent.files.join(', ')})`, hint)
  }
}
