import type { OperationContext } from '../operation.js'

/** The engine responded with an HTTP error status. */
export class HttpStatusError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Texts of a Docker Engine's errors that do not depend on the operation. */
export const ENGINE_ERRORS: Pick<OperationContext, 'kind' | 'start' | 'program' | 'rejection'> = {
  kind: 'engine',
  start:
    'start Docker, or install it (https://docs.docker.com/engine/install/; on Debian: apt-get install docker.io); ' +
    'if the engine is on another machine, set DOCKER_HOST or select a docker context',
  program: "check that ssh connects without a prompt, and that 'docker version' works there",
  rejection: (error) => (error instanceof HttpStatusError ? ` (HTTP ${error.status}): ${error.message}` : undefined),
}
