import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { build, type Metafile } from 'esbuild'

/** Chunks that are loaded together, and the file that they become. */
export interface ChunkGroup {
  /** Name of the new file. */
  readonly file: string
  /** How the names of the chunks begin that lead to all others of the group by static imports. */
  readonly entries: readonly string[]
}

/** The ES modules of a package, as esbuild has written them. */
export interface BuiltModules {
  readonly folder: string
  /** A chunk belongs to the first group that leads to it. */
  readonly groups: readonly ChunkGroup[]
  /** Files that stay as they are. */
  readonly kept: readonly string[]
  /** Entries of users that load no more than the first group of what they share with others. */
  readonly doors: readonly string[]
}

type Outputs = Metafile['outputs']

/**
 * Merges chunks that are always loaded together. esbuild writes one for every set of entries that share a module, and
 * tsx takes longer to resolve and load a module than to compile its code.
 */
export async function mergeChunks(modules: BuiltModules): Promise<void> {
  const { folder, groups } = modules
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.js'))
  const outputs = await readModules(folder, files)
  const groupOf = groupChunks(modules, files, outputs)
  for (const { file } of groups) {
    const chunks = [...groupOf].filter(([, group]) => group === file).map(([chunk]) => chunk)
    await writeGroup(folder, file, chunks, groupOf)
    const exported = new Set(await exportsOf(folder, file))
    const names = new Set(chunks.flatMap((chunk) => outputs[chunk]?.exports ?? []))
    // `export *` leaves out a name that two modules give different values.
    const lost = [...names].filter((name) => !exported.has(name))
    if (lost.length > 0) throw new Error(`two modules of ${file} export '${lost.join("', '")}': rename one of them`)
  }
  const others = files.filter((name) => !groupOf.has(name))
  await Promise.all(others.map((name) => redirectImports(join(folder, name), groupOf)))
  await Promise.all([...groupOf.keys()].map((chunk) => rm(join(folder, chunk))))
}

function groupChunks(
  { groups, kept, doors }: BuiltModules,
  files: readonly string[],
  outputs: Outputs,
): Map<string, string> {
  const groupOf = new Map<string, string>()
  const ofDoors = new Set(doors.flatMap((door) => [...reachable(door, outputs)]))
  const [shared] = groups
  for (const { file, entries } of groups) {
    const roots = files.filter((name) => entries.some((entry) => name.startsWith(entry)))
    for (const chunk of roots.flatMap((root) => [...reachable(root, outputs)])) {
      if (kept.includes(chunk) || doors.includes(chunk) || groupOf.has(chunk)) continue
      groupOf.set(chunk, ofDoors.has(chunk) && shared !== undefined ? shared.file : file)
    }
  }
  return groupOf
}

/** What each module imports and exports, by its path in the folder. */
async function readModules(folder: string, files: readonly string[]): Promise<Outputs> {
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints: [...files],
    format: 'esm',
    bundle: true,
    external: ['*'],
    outdir: '.',
    write: false,
    metafile: true,
    logLevel: 'error',
  })
  return metafile.outputs
}

/** A module of the folder, with all that it imports statically. */
function reachable(name: string, outputs: Outputs, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(name) || outputs[name] === undefined) return found
  found.add(name)
  for (const { path, kind } of outputs[name].imports) {
    if (kind === 'import-statement' && path.startsWith('.')) reachable(basename(path), outputs, found)
  }
  return found
}

/** The names that a written file exports. What esbuild reports while it writes one has the names that are left out, too. */
async function exportsOf(folder: string, file: string): Promise<readonly string[]> {
  return (await readModules(folder, [file]))[file]?.exports ?? []
}

async function writeGroup(
  folder: string,
  file: string,
  chunks: readonly string[],
  groupOf: ReadonlyMap<string, string>,
): Promise<void> {
  await build({
    stdin: { contents: chunks.map((chunk) => `export * from './${chunk}'\n`).join(''), resolveDir: folder },
    format: 'esm',
    bundle: true,
    target: 'node20',
    // The package says that none of its modules has side effects, which holds for its users.
    ignoreAnnotations: true,
    absWorkingDir: folder,
    outfile: file,
    plugins: [
      {
        name: 'chunks-of-the-group',
        setup({ onResolve }) {
          onResolve({ filter: /.*/ }, ({ path }) => {
            const group = path.startsWith('.') ? groupOf.get(basename(path)) : undefined
            if (group === file) return undefined
            return { external: true, path: group === undefined ? path : `./${group}`, sideEffects: false }
          })
        },
      },
    ],
  })
}

/** The keys of the file with the `import()`s are no imports, and stay. */
async function redirectImports(path: string, groupOf: ReadonlyMap<string, string>): Promise<void> {
  const text = await readFile(path, 'utf8')
  const redirected = text.replace(/\b(from |import ?\(?)"(\.{1,2}\/)([^"/]+\.js)"/g, (whole, start, folder, name) => {
    const group = groupOf.get(name)
    return group === undefined ? whole : `${start}"${folder}${group}"`
  })
  if (redirected !== text) await writeFile(path, redirected)
}
