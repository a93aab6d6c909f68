// @ts-check
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { get } from 'node:http'
import { get as getSecurely } from 'node:https'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Docker's default socket on Linux. */
export const DEFAULT_SOCKET = '/var/run/docker.sock'

/**
 * The engine that the user chose, by DOCKER_HOST or by a docker context; undefined where nothing was chosen.
 *
 * @returns {string | undefined}
 */
export function chosenEngine() {
  if (process.env['DOCKER_HOST']) return process.env['DOCKER_HOST']
  const folder = process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker')
  const context = process.env['DOCKER_CONTEXT'] ?? readJson(join(folder, 'config.json'))?.currentContext
  if (!context || context === 'default') return undefined
  const name = createHash('sha256').update(context).digest('hex')
  return readJson(join(folder, 'contexts/meta', name, 'meta.json'))?.Endpoints?.docker?.Host
}

/**
 * The address of an engine that answers: the chosen one, else one at the places where engines of this user listen.
 *
 * @returns {Promise<string | undefined>}
 */
export async function findEngine() {
  const chosen = chosenEngine()
  if (chosen !== undefined) return (await answers(chosen)) ? chosen : undefined
  const runtime = process.env['XDG_RUNTIME_DIR']
  const sockets = [
    DEFAULT_SOCKET,
    ...(runtime ? [join(runtime, 'docker.sock')] : []),
    join(homedir(), '.docker/run/docker.sock'),
  ]
  for (const socket of sockets) {
    if (existsSync(socket) && (await answers(`unix://${socket}`))) return `unix://${socket}`
  }
  return undefined
}

/**
 * Whether an engine answers at an address. What is behind ssh is taken at its word: polyarch itself will say what is wrong.
 *
 * @param {string} address
 * @returns {Promise<boolean>}
 */
export function answers(address) {
  if (address.startsWith('ssh://')) return Promise.resolve(true)
  if (!URL.canParse(address)) return Promise.resolve(false)
  return new Promise((resolve) => {
    const request = ping(address, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.setTimeout(5000, () => request.destroy())
    request.on('error', () => resolve(false))
  })
}

/**
 * @param {string} address
 * @param {(response: import('node:http').IncomingMessage) => void} onResponse
 */
function ping(address, onResponse) {
  if (address.startsWith('unix://')) {
    return get({ socketPath: address.slice('unix://'.length), path: '/_ping' }, onResponse)
  }
  const { hostname, port } = new URL(address)
  const place = { host: hostname, path: '/_ping' }
  if (!process.env['DOCKER_TLS_VERIFY']) return get({ ...place, port: port || 2375 }, onResponse)
  const folder = process.env['DOCKER_CERT_PATH'] ?? join(homedir(), '.docker')
  const [ca, cert, key] = ['ca', 'cert', 'key'].map((name) => readFileSync(join(folder, `${name}.pem`)))
  return getSecurely({ ...place, port: port || 2376, ca, cert, key }, onResponse)
}

/**
 * @param {string} path
 * @returns {any} undefined where there is no such file
 */
function readJson(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
}
