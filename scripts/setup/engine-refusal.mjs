// @ts-check
import { accessSync, constants, existsSync } from 'node:fs'
import { chosenEngine, DEFAULT_SOCKET } from './engine-address.mjs'
import { canInstall } from './packages.mjs'
import { SetupError } from './setup-error.mjs'

/**
 * Says, by an error, where there is an engine neither to use nor to bring up.
 *
 * @param {string | undefined} found the engine that answers
 */
export function refuseWithoutEngine(found) {
  if (found !== undefined) return
  const chosen = chosenEngine()
  if (chosen !== undefined) {
    throw new SetupError(`no Docker Engine answers at ${chosen}, which DOCKER_HOST or the docker context names`)
  }
  if (existsSync(DEFAULT_SOCKET) && !isWritable(DEFAULT_SOCKET)) {
    throw new SetupError(`this user may not use the Docker Engine at ${DEFAULT_SOCKET}: add it to the group docker`)
  }
  if (process.platform !== 'linux' || !canInstall()) {
    throw new SetupError('no Docker Engine answers: start Docker, or set DOCKER_HOST to an engine that runs elsewhere')
  }
}

/** @param {string} path */
function isWritable(path) {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
