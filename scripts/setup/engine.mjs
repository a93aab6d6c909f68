// @ts-check
import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { answers, DEFAULT_SOCKET } from './engine-address.mjs'
import { lastLines, run } from './run.mjs'
import { SetupError } from './setup-error.mjs'
import { stateFolder } from './state-folder.mjs'
import { step } from './step.mjs'

const ADDRESS = `unix://${DEFAULT_SOCKET}`
/** Where programs note which process they are: gone with a restart of the machine, as the processes are. */
const RUN = '/run/polyarch-dev'
const PID_FILE = join(RUN, 'dockerd.pid')
const CONTAINERD_PID_FILE = join(RUN, 'docker/containerd/containerd.pid')

/**
 * Brings up the engine that is installed; it is left running, so that the next time is quick.
 *
 * @returns {Promise<string>} its address, as DOCKER_HOST has it
 */
export async function startEngine() {
  await step('starting the Docker Engine', start)
  return ADDRESS
}

async function start() {
  if (existsSync('/run/systemd/system')) {
    await run('systemctl', ['start', 'docker'])
    return
  }
  // The package may have started it through an init that is not systemd.
  if (isProcess('/var/run/docker.pid', 'dockerd') && (await becomesReady(() => true, 60_000))) return
  if (isOwnRunning() && (await becomesReady(isOwnRunning, 60_000))) return
  if (!isOwnRunning()) rmSync(PID_FILE, { force: true })
  if (!isProcess(CONTAINERD_PID_FILE, 'containerd')) rmSync(CONTAINERD_PID_FILE, { force: true })
  await mountControlGroups()
  await startOwn()
}

/** Whether an engine that was started from here is still running. */
function isOwnRunning() {
  return isProcess(PID_FILE, 'dockerd')
}

/**
 * Whether a pid file is of a process of that program. A program that was killed leaves its pid file, and its pid to any
 * other; dockerd would wait in vain for such a containerd.
 *
 * @param {string} pidFile
 * @param {string} program
 */
function isProcess(pidFile, program) {
  if (!existsSync(pidFile)) return false
  const name = join('/proc', readFileSync(pidFile, 'utf8').trim(), 'comm')
  return existsSync(name) && readFileSync(name, 'utf8').trim() === program
}

/** Where no init has done so, the control groups that containers are put into are not there yet. */
async function mountControlGroups() {
  const folder = '/sys/fs/cgroup'
  if (readdirSync(folder).length === 0) await run('mount', ['-t', 'cgroup2', 'cgroup2', folder])
}

async function startOwn() {
  const folder = stateFolder('engine')
  const log = join(folder, 'log')
  mkdirSync(RUN, { recursive: true })
  const output = openSync(log, 'w')
  const engine = spawn(
    'dockerd',
    ['--host', ADDRESS, '--data-root', join(folder, 'data'), '--exec-root', join(RUN, 'docker'), '--pidfile', PID_FILE],
    { detached: true, stdio: ['ignore', output, output] },
  )
  closeSync(output)
  let ended = false
  engine.once('error', () => (ended = true)).once('exit', () => (ended = true))
  if (!(await becomesReady(() => !ended, 60_000))) {
    if (!ended) engine.kill()
    throw new SetupError(
      `the Docker Engine does not start; the end of its log, ${log}:\n${lastLines(readFileSync(log, 'utf8'))}`,
    )
  }
  engine.removeAllListeners()
  engine.unref()
  console.log(`set-up: the engine stays up; to stop it: kill $(cat ${PID_FILE})`)
}

/**
 * @param {() => boolean} isAlive
 * @param {number} patience in milliseconds
 */
async function becomesReady(isAlive, patience) {
  const deadline = Date.now() + patience
  while (isAlive() && Date.now() < deadline) {
    if (await answers(ADDRESS)) return true
    await sleep(200)
  }
  return false
}
