import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ROOT, stalePackages } from '../../scripts/setup/dependencies.mjs'
import { runProgram } from '../support/child.js'
import { Cleanup } from '../support/cleanup.js'
import { tempFolder } from '../support/temp-folder.js'
import { type CommandOutcome, type RunningCommand, startCommand } from './running-command.js'

const PACKAGES = ['cli', 'core', 'plugin-debian', 'plugin-raspbian', 'plugin-ubuntu']

/** Variables on top of those that every command gets; undefined takes one away. */
export type Variables = Readonly<Record<string, string | undefined>>

/** A folder of a user's, with polyarch and tsx installed, and a home of its own. */
export interface UserFolder extends AsyncDisposable {
  readonly path: string
  /** Writes files, by their path in the folder. */
  write(files: Readonly<Record<string, string>>): Promise<void>
  /** Writes `build.ts`: the imports that it needs, then the given text. */
  writeBuild(text: string): Promise<void>
  /** Runs `build.ts` with arguments to its end. */
  run(args?: readonly string[], variables?: Variables): Promise<CommandOutcome>
  /** Runs the command without a `build.ts` to its end, on this version of Node.js unless another is named. */
  polyarch(args: readonly string[], variables?: Variables, node?: string): Promise<CommandOutcome>
  /** Starts `build.ts` with arguments. It ends when it is disposed of. */
  start(args: readonly string[], variables?: Variables, runner?: Runner): RunningCommand
}

/** `node --import tsx build.ts`; `tsx build.ts`, which starts another process for it; or `node build.ts` of a newer node. */
export type Runner = 'node' | 'tsx' | 'native'

const RUNNERS = { node: ['node', '--import', 'tsx'], tsx: [join(ROOT, 'node_modules/.bin/tsx')], native: ['node'] }

const IMPORTS = `import { fromImage, pipeline, platform, run } from '@polyarch/core'\n`

/** Makes a folder: an ES module one, or what `npm init -y` makes, which is CommonJS. */
export async function userFolder(kind: 'module' | 'npm-init' = 'module'): Promise<UserFolder> {
  await using cleanup = new Cleanup()
  const { path } = cleanup.use(await tempFolder('user'))
  const write = (files: Readonly<Record<string, string>>) => writeFiles(path, files)
  if (kind === 'module') await write({ 'package.json': '{ "type": "module" }\n' })
  else await runProgram('npm', ['init', '-y'], { cwd: path })
  await install(path)
  // So that the machine's own logins and docker contexts decide nothing.
  await write({ 'home/.docker/config.json': '{}\n' })
  const startHere = (command: readonly string[], variables: Variables = {}) =>
    startCommand(command, path, {
      PATH: process.env['PATH'],
      DOCKER_HOST: process.env['DOCKER_HOST'],
      HOME: join(path, 'home'),
      ...variables,
    })
  const start = (args: readonly string[], variables: Variables = {}, runner: Runner = 'node') =>
    startHere([...RUNNERS[runner], 'build.ts', ...args], variables)
  const ending = cleanup.move()
  return {
    path,
    write,
    writeBuild: (text) => write({ 'build.ts': `${IMPORTS}${text}` }),
    start,
    async run(args = [], variables) {
      await using command = start(args, variables)
      return await command.ended
    },
    async polyarch(args, variables, node = process.execPath) {
      await using command = startHere(
        [node, join(path, 'node_modules/@polyarch/cli/dist/index.js'), ...args],
        variables,
      )
      return await command.ended
    },
    [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose](),
  }
}

/** As `npm install` of local packages does: by links, so that what runs is the built packages. */
async function install(path: string): Promise<void> {
  const stale = stalePackages().map((folder) => basename(folder))
  if (stale.length > 0) throw new Error(`not built since they were changed: ${stale.join(', ')}; run \`npm run build\``)
  const scope = join(path, 'node_modules/@polyarch')
  await mkdir(scope, { recursive: true })
  for (const name of PACKAGES) await symlink(join(ROOT, 'packages', name), join(scope, name))
  await symlink(join(ROOT, 'node_modules/tsx'), join(path, 'node_modules/tsx'))
}

async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
}
