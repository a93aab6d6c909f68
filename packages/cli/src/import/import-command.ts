import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { printNote, printResult, type ToolCommand } from '@polyarch/core/cli'
import { isBakeFile } from './bake/bake-file.js'
import { importBake } from './bake/import-bake.js'
import type { ImportResult } from './definition.js'
import { importManifestTool, isManifestToolFile } from './manifest-tool.js'
import { unreadable } from './names.js'
import { importShell, type ShellImportOptions } from './shell/import-shell.js'

const HINT =
  "use the output of 'docker buildx bake --print', a YAML file of manifest-tool, or a shell script with docker commands"

/** `polyarch import`: writes a `build.ts` from the files of other tools. */
export const importCommand: ToolCommand = {
  name: 'import',
  summary: 'write a build.ts from files of buildx bake, manifest-tool or a shell script',
  operands: [{ written: '<file>', help: 'output of `docker buildx bake --print`, YAML, or a shell script' }],
  options: [
    { written: '--out <file>', help: 'write to this file instead of standard output' },
    { written: '--platform <platform>', help: 'platform of builds that name none (default: this machine)' },
    {
      written: '--set <name=value>',
      help: 'variable of a shell script; 1 is its first argument (repeatable)',
      isRepeatable: true,
    },
  ],
  async run([file = ''], { out, platform, set }, host) {
    const result = await importFile(file, {
      platform: readPlatform(typeof platform === 'string' ? platform : `linux/${HERE}`),
      set: readValues(Array.isArray(set) ? set.map(String) : []),
    })
    if (typeof out === 'string') await writeNew(out, result.text)
    else printResult(result.text, host)
    for (const note of result.notes) printNote(`note: ${note}`, host)
  },
}

const HERE = process.arch === 'x64' ? 'amd64' : process.arch

function readPlatform(text: string): string {
  if (/^[a-z0-9]+\/[a-z0-9_]+(\/[a-z0-9.]+)?$/.test(text)) return text
  throw unreadable('--platform', `'${text}' is not a platform`, "write it as 'linux/arm64'")
}

function readValues(written: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    written.map((one) => {
      const [, name, value] = /^(\w+)=(.*)$/s.exec(one) ?? []
      if (name !== undefined && value !== undefined) return [name, value]
      throw unreadable('--set', `'${one}' is not a name with a value`, "write it as 'TAG=1.0'")
    }),
  )
}

/** Reads a file of another tool, whose kind is found by its content. @throws DefinitionError USAGE */
export async function importFile(
  file: string,
  { platform, set = new Map() }: Pick<ShellImportOptions, 'platform' | 'set'>,
): Promise<ImportResult> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw unreadable('import', `'${file}' cannot be read: ${error.message}`, HINT)
  })
  const [source, directory] = [basename(file), dirname(resolve(file))]
  const { parseYaml } = await import('./yaml.js')
  const value = ((): unknown => {
    try {
      return parseYaml(text)
    } catch {
      return undefined
    }
  })()
  if (isBakeFile(value)) return importBake(value, { source, directory, platform })
  if (isManifestToolFile(value)) return importManifestTool(value, source)
  if (/\.hcl$/.test(file)) {
    throw unreadable('import', `'${file}' is HCL`, `run \`docker buildx bake --file ${file} --print > bake.json\``)
  }
  if (!/\bdocker\b/.test(text)) throw unreadable('import', `the kind of '${file}' is unknown`, HINT)
  return importShell(text, { source, directory, platform, set })
}

async function writeNew(path: string, text: string): Promise<void> {
  if (existsSync(path)) throw unreadable('--out', `'${path}' already exists`, 'choose another file')
  await writeFile(path, text)
}
