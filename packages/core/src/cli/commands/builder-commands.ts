import { readFile } from 'node:fs/promises'
import { DefinitionError } from '../../model/errors.js'
import {
  builderManifests,
  createBuilder,
  listBuilders,
  removeBuilder,
} from '../../operations/builders/kubernetes-builders.js'
import { formatBuilders, formatChanges } from '../../report/text/builders-text.js'
import { withStart } from '../../report/text/start-line.js'
import { type BuilderFlagTexts, readBuilderFlags } from '../builder-flag-values.js'
import type { CommandContext } from '../command.js'
import { jsonText, printResult } from '../output.js'

/** Flags of all `builder` commands. */
export interface BuilderFlags {
  readonly json?: boolean
}

/** Flags of `builder create`. */
export interface CreateBuilderFlags extends BuilderFlags, BuilderFlagTexts {
  readonly config?: string
  readonly dryRun?: boolean
  /** Format of the objects that a dry run prints. */
  readonly output?: 'yaml' | 'json'
  readonly wait?: boolean
}

/** `build.ts builder create`: applies a builder to a cluster, or prints its objects. */
export async function createBuilderCommand(
  address: string,
  { config, dryRun = false, output, wait = false, json = false, ...texts }: CreateBuilderFlags,
  { host, signal }: CommandContext,
): Promise<void> {
  const options = { ...readBuilderFlags(texts), ...(config !== undefined && { config: await readConfig(config) }) }
  if (dryRun) {
    const items = builderManifests(address, options)
    const isJson = json || output === 'json'
    return printResult(isJson ? jsonText({ apiVersion: 'v1', kind: 'List', items }) : await toYaml(items), host)
  }
  if (output !== undefined) {
    const issue = { path: '--output', message: 'is for the objects of --dry-run', hint: 'add --dry-run, or use --json' }
    throw new DefinitionError([issue], 'USAGE')
  }
  const changes = await createBuilder(address, { ...options, signal, wait }, host.env)
  printResult(json ? jsonText(changes) : formatChanges(changes), host)
}

/** `build.ts builder list`: shows the builders that polyarch made in a namespace. */
export async function listBuildersCommand(
  address: string | undefined,
  { json }: BuilderFlags,
  context: CommandContext,
): Promise<void> {
  const { host, signal } = context
  const builders = await listBuilders(address ?? 'kubernetes://', { signal }, host.env)
  printResult(json ? jsonText(builders) : withStart(formatBuilders(builders), context), host)
}

/** `build.ts builder remove`: removes a builder that polyarch made. */
export async function removeBuilderCommand(
  address: string,
  { json }: BuilderFlags,
  { host, signal }: CommandContext,
): Promise<void> {
  const changes = await removeBuilder(address, { signal }, host.env)
  printResult(json ? jsonText(changes) : formatChanges(changes), host)
}

/** One document per object, as `kubectl apply` reads them. */
async function toYaml(objects: readonly unknown[]): Promise<string> {
  const { stringify } = await import('yaml')
  return objects.map((one) => stringify(one, { aliasDuplicateObjects: false })).join('---\n')
}

async function readConfig(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause)) throw cause
    const hint = 'write the path of a buildkitd.toml'
    throw new DefinitionError(
      [{ path: '--config', message: `'${path}' cannot be read: ${cause.message}`, hint }],
      'USAGE',
    )
  }
}
