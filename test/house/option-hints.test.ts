import { expect, it } from 'vitest'
import { EXECUTE_OPTIONS, PRUNE_OPTIONS } from '../../packages/core/src/operations/option-names.js'
import { hintsOf } from './language.js'
import { repositoryFiles, SOURCES } from './repository.js'

/** Options that only code has. */
const WITHOUT_FLAG = ['registryClient', 'cacheDirectory', 'buildConcurrency', 'reportLayers', 'onEvent']

const OPTIONS = [...Object.keys(EXECUTE_OPTIONS), ...Object.keys(PRUNE_OPTIONS), 'trustDeclared'].filter(
  (name) => /[A-Z]/.test(name) && !WITHOUT_FLAG.includes(name),
)

it('hints name an option and its flag together, by codeOrFlag(…)', () => {
  const hints = repositoryFiles(SOURCES).flatMap((file) => hintsOf(file).map((hint) => `${file}: ${hint}`))
  const alone = new RegExp(`\\b(${OPTIONS.join('|')})\\b|\\bduplicates: `)
  expect(hints.filter((hint) => alone.test(hint.replace(/^\S+: /, '')))).toEqual([])
})
