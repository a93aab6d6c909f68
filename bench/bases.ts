import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { AptBase } from '../packages/core/src/definition/plugin/base-source.js'
import { madeBase } from '../packages/core/src/definition/plugin/kinds/made-base.js'
import { createRootfsMaker } from '../packages/core/src/rootfs/maker.js'
import { Cleanup } from '../test/support/cleanup.js'
import { tempFolder } from '../test/support/temp-folder.js'
import { type Contestant, hold } from './contest.js'

/** Compares apt bases of Debian bookworm from the mirror of this machine's apt, with and without cached packages. */
export async function benchBases(rounds: number): Promise<void> {
  await using cleanup = new Cleanup()
  const cacheDirectory = cleanup.use(await tempFolder('bench-bases')).path
  const empty = () => rm(join(cacheDirectory, 'packages'), { recursive: true, force: true })
  const make = async (architecture: string) => {
    await rm(join(cacheDirectory, 'rootfs'), { recursive: true, force: true })
    const maker = createRootfsMaker({ cacheDirectory })
    await maker.make(await maker.resolve(madeBase(debian(architecture))))
  }
  const compare = (title: string, contestants: readonly Contestant[]) =>
    hold({ title, contestants, rounds, requests: () => 0 })
  const cold = { name: 'cold package cache', before: empty, run: () => make('amd64') }
  // In each round, the cold run that follows the warm one fills the cache again.
  await make('amd64')
  await compare('an apt base, warm package cache / cold', [{ name: 'warm package cache', run: cold.run }, cold])
  const afterFirst = async () => {
    await empty()
    await make('amd64')
  }
  await compare('an apt base, second platform of one release / first', [
    { name: 'second platform, arm64', before: afterFirst, run: () => make('arm64') },
    { ...cold, name: 'first platform, amd64' },
  ])
}

function debian(architecture: string): AptBase {
  return {
    kind: 'apt',
    distribution: 'debian',
    suite: 'bookworm',
    architecture,
    components: ['main'],
    packages: [],
    variant: 'essential',
    keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
  }
}
