import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openContext } from '../packages/core/src/context/open-context.js'
import { userFolder } from '../test/cli/user-folder.js'
import { runProgram } from '../test/support/child.js'
import { Cleanup } from '../test/support/cleanup.js'
import { hold } from './contest.js'
import { writeManyFiles } from './many-files.js'

/** What needs neither engine nor registry: how long the core takes to import, and the digest of a large context. */
export async function benchLocal(): Promise<void> {
  await using cleanup = new Cleanup()
  const folder = cleanup.use(await userFolder())
  await folder.write({ 'core.mjs': "import '@polyarch/core'\n", 'empty.mjs': '' })
  const script = (file: string) => async () => void (await runProgram(process.execPath, [file], { cwd: folder.path }))
  await hold({
    title: 'a script that imports the core',
    contestants: [
      { name: 'import @polyarch/core', run: script('core.mjs') },
      { name: 'an empty script', run: script('empty.mjs') },
    ],
    rounds: 11,
    requests: () => 0,
  })
  for (const [files, rounds] of [[10_000, 7] as const, [100_000, 3] as const]) {
    const directory = join(folder.path, `app-${files}`)
    await writeManyFiles(directory, files)
    await writeFile(join(directory, 'Dockerfile'), 'FROM scratch\n')
    await benchContext(directory, rounds)
  }
}

/** What a context costs before anything is sent. */
async function benchContext(directory: string, rounds: number): Promise<void> {
  const open = () => openContext({ context: { kind: 'directory', path: directory }, dockerfile: 'Dockerfile' })
  const context = await open()
  const listing = await context.select('all')
  const files = `${listing.entries.filter(({ kind }) => kind === 'file').length} files`
  await hold({
    title: `the digest of ${files}`,
    contestants: [
      { name: 'list the context', run: async () => void (await (await open()).select('all')) },
      { name: 'read the files, and no more', run: async () => readAll(directory) },
    ],
    rounds,
    requests: () => 0,
  })
}

function readAll(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) readFileSync(join(entry.parentPath, entry.name))
  }
}
