import { randomUUID } from 'node:crypto'
import type { Environment } from '../host/environment.js'
import { type DockerConfiguration, openDockerConfiguration } from '../registry/auth/docker-config.js'
import type { CredentialStore } from '../registry/port.js'
import type { OperationOptions } from './options.js'

/** Values that an operation reads from its process, once, here. */
export interface RunEnvironment {
  readonly env: Environment
  /** Start of the operation. */
  readonly now: Date
  /** Identifies the run in the provenance of what it builds. */
  readonly invocationId: string
  readonly docker: DockerConfiguration
  /** The logins of the options, else those of docker's configuration. */
  readonly credentials: CredentialStore
}

/** Reads the environment variables of an operation. */
export function readEnvironment(): Environment {
  return { ...process.env }
}

/** Reads the environment of an operation. */
export function readRunEnvironment({ registryClient }: OperationOptions): RunEnvironment {
  const env = readEnvironment()
  const docker = openDockerConfiguration(env)
  const credentials = registryClient?.credentials ?? docker.credentials
  return { env, now: new Date(), invocationId: invocationIdOf(env), docker, credentials }
}

/** The URL of the CI job that runs the operation; outside of CI, a random UUID. */
function invocationIdOf(env: Environment): string {
  const { CI_JOB_URL: gitlab, CI_STEP_URL: woodpecker, JENKINS_URL, BUILD_URL: build } = env
  const jenkins = JENKINS_URL && build
  return githubAttempt(env) || gitlab || jenkins || woodpecker || randomUUID()
}

/** GitHub has no variable with the URL of a job: this is the URL of the workflow run that GitHub's own provenance has. */
function githubAttempt(env: Environment): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env
  if (!server || !repository || !run) return undefined
  return `${server}/${repository}/actions/runs/${run}/attempts/${env['GITHUB_RUN_ATTEMPT'] || 1}`
}
