import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { BUNDLE, bundleAction } from '../../scripts/action.mjs'
import { readText } from './repository.js'

test('the bundle of the GitHub Action is made from its sources: `npm run action` writes it', async () => {
  const { runs } = parse(readText('action.yml')) as { readonly runs: { readonly main: string } }
  expect(runs.main).toBe(BUNDLE)
  // As a boolean: a difference of minified code is not readable.
  expect(readText(BUNDLE) === (await bundleAction())).toBe(true)
})
