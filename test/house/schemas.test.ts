import { expect, test } from 'vitest'
import { schemaTexts } from '../../scripts/schemas.mjs'
import { readText } from './repository.js'

test('the schemas that are published are those of the types: `npm run schemas` writes them', {
  timeout: 120_000,
}, () => {
  for (const [path, text] of Object.entries(schemaTexts())) expect(readText(path), path).toBe(text)
})
