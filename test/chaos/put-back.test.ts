import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tempFolder } from '../support/temp-folder.js'
import { PutBackFolder } from './put-back.js'

it('restores changed and removed files, and deletes added ones', async () => {
  await using temp = await tempFolder('put-back')
  const folder = new PutBackFolder(join(temp.path, 'live'), join(temp.path, 'saved'))
  const at = (name: string) => join(folder.path, name)
  folder.empty()
  await mkdir(at('empty'))
  await mkdir(at('a/b'), { recursive: true })
  await writeFile(at('a/b/kept'), 'kept')
  await writeFile(at('a/changed'), 'before')
  folder.save()
  for (const round of ['first', 'second']) {
    await writeFile(at('a/changed'), round)
    await writeFile(at('added'), round)
    await rm(at('a/b'), { recursive: true })
    await rm(at('empty'), { recursive: true })
    folder.restore()
    expect((await readdir(folder.path, { recursive: true })).toSorted()).toEqual([
      'a',
      'a/b',
      'a/b/kept',
      'a/changed',
      'empty',
    ])
    expect(await readFile(at('a/changed'), 'utf8')).toBe('before')
    expect(await readFile(at('a/b/kept'), 'utf8')).toBe('kept')
  }
})
