import { findEngine } from '../../scripts/setup/engine-address.mjs'

/** Vitest's global set-up of the real tests: they need a machine that is ready, and make nothing ready themselves. */
export async function setup(): Promise<void> {
  const engine = await findEngine()
  if (engine === undefined) {
    throw new Error('no Docker Engine answers: run `npm test`, which brings one up, or set DOCKER_HOST to one')
  }
  process.env['DOCKER_HOST'] = engine
}
