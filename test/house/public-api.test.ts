import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { publicApi } from './public-api.js'
import { doorSource, readText, repositoryFiles } from './repository.js'

const doors = repositoryFiles(/^packages\/[^/]+\/package\.json$/).flatMap((path) => {
  const { exports = {} } = JSON.parse(readText(path)) as { readonly exports?: Readonly<Record<string, unknown>> }
  const folder = dirname(path)
  const name = folder.replace('packages/', '')
  return Object.keys(exports)
    .filter((door) => !door.endsWith('.json'))
    .map((door) =>
      door === '.'
        ? { name, module: `${folder}/src/index.ts` }
        : { name: `${name}.${door.slice(2)}`, module: `${folder}/${doorSource(door)}/index.ts` },
    )
})

// A change of these files is a change for users, to be seen in review. `npx vitest run --project unit
// test/house/public-api -u` writes them again.
test.each(doors)('$name offers what its file in test/house/public-api reports', { timeout: 60_000 }, async (door) => {
  await expect(publicApi(door.module)).toMatchFileSnapshot(`public-api/${door.name}.txt`)
})
