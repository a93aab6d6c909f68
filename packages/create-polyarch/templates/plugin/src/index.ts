import { type Base, definePlugin } from '@polyarch/core/plugin'

/** The name of the base. */
const NAME = 'example'

/** Options of `platform(..., { base: 'example' })`. */
export interface Options {
  readonly release?: '1' | '2'
}

const base: Base<Options> = {
  platforms: ['linux/amd64', 'linux/arm64'],
  optionNames: ['release'],
  source: ({ options: { release = '2' } }) =>
    release === '1' || release === '2'
      ? { kind: 'registry', reference: `registry.example.com/example:${release}`, configPolicy: 'require-match' }
      : { kind: 'issue', option: 'release', message: `release '${release}' does not exist`, hint: "use '1' or '2'" },
}

/** The plugin: `pipeline('…').use(exampleBase())`. */
export const exampleBase = () => definePlugin({ name: 'polyarch-plugin-example', bases: { [NAME]: base } })
