import { expect, test } from 'vitest'
import { schemaTexts } from '../../scripts/schemas.mjs'
import { readText } from './repository.js'

test('the published schemas match the types: run `npm run schemas` to update them', {
  timeout: 120_000,
}, () => {
  for (const [path, text] of Object.entries(schemaTexts())) expect(readText(path), path).toBe(text)
})
