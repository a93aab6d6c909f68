// @ts-check
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './run.mjs'
import { stateFolder, statePath } from './state-folder.mjs'
import { step } from './step.mjs'

/** A release of Node.js that reads TypeScript itself. */
const RELEASE = '24'

/** The package of the executable for this machine. */
const PACKAGE = `node-linux-${process.arch}`

/** The folder of that `node`. `npm test` fetches it. */
export function newerNodeFolder() {
  return statePath('newer-node', 'node_modules', PACKAGE, 'bin')
}

/** Fetches the executable from the npm registry, once. */
export async function ensureNewerNode() {
  if (existsSync(join(newerNodeFolder(), 'node'))) return
  await step(`fetching Node.js ${RELEASE}`, async () => {
    const draft = stateFolder('newer-node.partial')
    const args = ['--prefix', draft, '--no-save', '--no-audit', '--no-fund', '--no-progress']
    await run('npm', ['install', ...args, `${PACKAGE}@${RELEASE}`])
    await rm(statePath('newer-node'), { recursive: true, force: true })
    await rename(draft, statePath('newer-node'))
  })
}
