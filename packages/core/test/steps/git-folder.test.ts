import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { noteGitFolder } from '../../src/steps/image/context/resolved-context.js'
import { listDirectory } from '../context/listed.js'

async function notesOf(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  await using folder = await tempFolder('git-folder')
  for (const [path, text] of Object.entries({ Dockerfile: 'FROM scratch\n', ...files })) {
    await mkdir(dirname(join(folder.path, path)), { recursive: true })
    await writeFile(join(folder.path, path), text)
  }
  const { context, listing } = await listDirectory({ directory: folder.path })
  const notes: string[] = []
  noteGitFolder(context.directory, listing, {
    onEvent: (event) => void (event.kind === 'note' && notes.push(event.message.replace(context.directory, 'DIR'))),
  })
  return notes
}

test.each([
  ['.git', '.git/HEAD'],
  ['vendor/tool/.git', 'vendor/tool/.git/refs/heads/main'],
])('%s in the context is reported, with what to do', async (folder, file) => {
  expect(await notesOf({ [file]: 'x', '.gitignore': 'x' })).toEqual([
    `DIR: ${folder} is part of the context, so every commit makes another image; list it in .dockerignore`,
  ])
})

test.each<[string, Readonly<Record<string, string>>]>([
  ['that is left out', { '.git/HEAD': 'x', '.dockerignore': '.git\n' }],
  ['whose files are left out', { '.git/HEAD': 'x', '.dockerignore': '**/.git/**\n' }],
  ['that is the file of a worktree', { '.git': 'gitdir: /elsewhere\n' }],
  ['that is none', { '.github/workflow': 'x', 'not.git/HEAD': 'x' }],
])('one %s is not', async (_, files) => {
  expect(await notesOf(files)).toEqual([])
})
