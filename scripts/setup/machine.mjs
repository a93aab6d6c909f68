// @ts-check
import { ensureDependencies } from './dependencies.mjs'
import { ensureEmulation, missingEmulation } from './emulation.mjs'
import { startEngine } from './engine.mjs'
import { findEngine } from './engine-address.mjs'
import { refuseWithoutEngine } from './engine-refusal.mjs'
import { EMULATION_TOOLS, ENGINE_TOOLS, ensureTools } from './packages.mjs'

/**
 * Makes machine and repository ready: npm packages and, at the same time, tools, engine and emulation.
 *
 * @param {readonly import('./packages.mjs').Tool[]} tools
 * @returns {Promise<NodeJS.ProcessEnv>} the environment for what is run next: it names the engine
 */
export async function prepareMachine(tools) {
  const engine = prepareEngine(tools)
  const all = await Promise.allSettled([engine, ensureDependencies()])
  // Only when both have ended, so that what is wrong is the last thing said.
  for (const result of all) if (result.status === 'rejected') throw result.reason
  return { ...process.env, DOCKER_HOST: await engine }
}

/** @param {readonly import('./packages.mjs').Tool[]} tools */
async function prepareEngine(tools) {
  const found = await findEngine()
  refuseWithoutEngine(found)
  const forEngine = found === undefined ? ENGINE_TOOLS : []
  const forEmulation = missingEmulation().length > 0 ? EMULATION_TOOLS : []
  await ensureTools([...tools, ...forEngine, ...forEmulation])
  const engine = found ?? (await startEngine())
  await ensureEmulation(engine)
  return engine
}
