import { type Base, definePlugin } from '@polyarch/core'

/** What `platform(..., { base: 'example' })` takes. */
export interface Options {
  readonly release?: '1' | '2'
}

const base: Base<Options> = {
  platforms: ['linux/amd64', 'linux/arm64'],
  optionNames: ['release'],
  source: ({ options: { release = '2' } }) =>
    release === '1' || release === '2'
      ? { kind: 'registry', reference: `registry.example.com/example:${release}`, configPolicy: 'require-match' }
      : { kind: 'refusal', option: 'release', message: 'there is no such release', hint: "'1' or '2'" },
}

/** The plugin: `pipeline('…').use(example())`. */
export const example = () => definePlugin({ name: 'polyarch-plugin-example', bases: { example: base } })
