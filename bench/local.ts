import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listContext } from '../packages/core/src/context/listing.js'
import { userFolder } from '../test/cli/user-folder.js'
import { runProgram } from '../test/support/child.js'
import { Cleanup } from '../test/support/cleanup.js'
import { hold } from './contest.js'
import { writeManyFiles } from './many-files.js'

/** What needs neither engine nor registry: how long the core takes to import, and the digest of a large context. */
export async function benchLocal(): Promise<void> {
  await using cleanup = new Cleanup()
  const folder = cleanup.use(await userFolder())
  await folder.write({ 'core.mjs': "import '@polyarch/core'\n", 'empty.mjs': '', 'app/Dockerfile': 'FROM scratch\n' })
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
  const directory = join(folder.path, 'app')
  await writeManyFiles(directory)
  await hold({
    title: 'the digest of 10,000 files',
    contestants: [
      { name: 'list the context', run: async () => void (await listContext({ directory, dockerfile: 'Dockerfile' })) },
      { name: 'read the files, and no more', run: async () => readAll(directory) },
    ],
    rounds: 7,
    requests: () => 0,
  })
}

function readAll(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) readFileSync(join(entry.parentPath, entry.name))
  }
}
