// A package may export all of this without writing a type: `declaration` reports what the entries do not name.
import { execute, fromImage, lock, pipeline, plan, platform, prune } from '@polyarch/core'
import { assemble, copy, inspect, promote } from '@polyarch/core/images'
import { defineBase, defineDistribution, definePlugin } from '@polyarch/core/plugin'
import { createRegistry, dockerConfigCredentials, parseReference } from '@polyarch/core/registry'
import { opensuse } from 'polyarch-plugin-opensuse'
import * as v from 'valibot'

export const forest = defineBase({
  platforms: ['linux/amd64'],
  options: { release: v.optional(v.picklist(['1', '2']), '2'), image: v.string() },
  source: ({ options: { release, image } }) =>
    release === '1'
      ? { kind: 'issue', message: 'release 1 has ended' }
      : { kind: 'registry', reference: `${image}:${release}`, configPolicy: 'require-match' },
})
export const trees = defineDistribution({
  title: 'Trees',
  image: 'registry.example.com/trees',
  configPolicy: 'require-match',
  defaultRelease: 'oak',
  flavors: {},
  releases: { oak: { aliases: ['1'], tag: 'oak', suite: 'oak', platforms: { 'linux/amd64': 'amd64' } } },
  archive: { distribution: 'trees', components: ['main'] },
})
export const plugin = () =>
  definePlugin({
    name: 'polyarch-plugin-trees',
    bases: { forest, trees },
    aliases: { garden: { platform: 'linux/amd64', base: 'forest' } },
  })

export const base = fromImage('docker.io/library/alpine:3.22')
export const amd64 = platform('amd64', { base })
export const start = pipeline('registry.example.com/app')
export const app = start.use(opensuse(), plugin()).platforms(amd64, platform('arm64', { base: 'leap' }))

export const planned = () => plan(app)
export const executed = () => execute(app)
export const locked = () => lock(app)
export const pruned = () => prune(app)
export const assembled = () => assemble('registry.example.com/app:1.0', [])
export const copied = () => copy('registry.example.com/app:1.0', 'oci:app:1.0')
export const inspected = () => inspect('registry.example.com/app:1.0')
export const promoted = () => promote('registry.example.com/app:1.0', ['latest'])

export const registry = createRegistry({ credentials: dockerConfigCredentials() })
export const name = parseReference('registry.example.com/app:1.0')
export const manifest = async () => name && (await registry.getManifest(name))
