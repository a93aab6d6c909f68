import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import reservedIdentifiers from 'reserved-identifiers'

/** Templates of a new project. */
export const TEMPLATES = ['pipeline', 'plugin', 'monorepo'] as const

/** One of {@link TEMPLATES}. */
export type Template = (typeof TEMPLATES)[number]

/** Reads the arguments `[template] [folder]`. @throws Error for other arguments */
export function readChoice(words: readonly string[]): Pick<ProjectOptions, 'template' | 'folder'> {
  const [first, ...rest] = words
  const named = TEMPLATES.find((template) => template === first)
  const [folder, ...tooMany] = named === undefined ? words : rest
  if (tooMany.length === 0) return { template: named ?? 'pipeline', folder }
  throw new Error(named === undefined ? `template '${first}' does not exist` : `more than one folder: '${tooMany[0]}'`)
}

/** Input of {@link writeProject}. */
export interface ProjectOptions {
  readonly template: Template
  /** Relative to the directory; `polyarch-plugin-example` for a plugin, else the directory itself. A plugin's may have a scope. */
  readonly folder: string | undefined
  /** The directory that holds the templates. */
  readonly templates: string
  readonly directory: string
}

/** The written files, and the next commands to run. */
export interface Project {
  /** Relative to the directory. */
  readonly files: readonly string[]
  readonly next: readonly string[]
}

/** Placeholders of a plugin in the templates: its package, its function, its base. The host example.com is none. */
const PACKAGE_PLACEHOLDER = 'polyarch-plugin-example'
const FUNCTION_PLACEHOLDER = 'exampleBase'
const BASE_PLACEHOLDER = /example(?!\.com)/g

/** Name of package.json in the templates: npm would read a package.json in this package. */
const MANIFEST = '_package.json'

/**
 * Writes a project from a template. If one of its files exists, writes nothing.
 *
 * @throws Error if a file exists, or the plugin's name is not valid
 */
export async function writeProject({ template, folder, templates, directory }: ProjectOptions): Promise<Project> {
  const name = folder ?? DEFAULT_FOLDERS[template]
  const plugin = template === 'plugin' ? readPluginName(name) : undefined
  const target = resolve(directory, plugin?.folder ?? name)
  const source = join(templates, template)
  const entries = await readdir(source, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const from = join(entry.parentPath, entry.name)
      const path = relative(source, from).replace(MANIFEST, 'package.json')
      return { from, to: join(target, plugin === undefined ? path : path.replace(BASE_PLACEHOLDER, plugin.base)) }
    })
  const inTheWay = files.filter(({ to }) => existsSync(to)).map(({ to }) => relative(directory, to))
  if (inTheWay.length > 0)
    throw new Error(`'${inTheWay.join("', '")}' already exists; nothing was written. Choose another folder`)
  for (const { from, to } of files) {
    const text = await readFile(from, 'utf8')
    await mkdir(dirname(to), { recursive: true })
    await writeFile(to, plugin === undefined ? text : named(text, plugin))
  }
  return {
    files: files.map(({ to }) => relative(directory, to)).sort(),
    next: nextSteps(template, relative(directory, target)),
  }
}

const DEFAULT_FOLDERS: Readonly<Record<Template, string>> = {
  pipeline: '.',
  plugin: 'polyarch-plugin-example',
  monorepo: '.',
}

/** The names of a plugin in its files. */
interface PluginName {
  /** Name of the package, with its scope: `@team/polyarch-plugin-my-linux`. */
  readonly package: string
  readonly folder: string
  /** Name of its base: `my-linux`. */
  readonly base: string
  /** Name of the exported function: `myLinux`. */
  readonly variable: string
}

/** Reads the name of a plugin, with or without a scope; a folder may be before it. @throws Error */
function readPluginName(written: string): PluginName {
  const parts = written.split('/')
  const name = parts.pop() ?? ''
  const scope = parts.at(-1)?.startsWith('@') ? `${parts.pop()}/` : ''
  const base = name.replace(/^polyarch-plugin-/, '')
  const isScope = scope === '' || /^@[a-z0-9][a-z0-9._-]*\/$/.test(scope)
  if (!isScope || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(base)) {
    const rule = "'polyarch-plugin-' and lower-case letters, digits and hyphens"
    throw new Error(
      `plugin name '${written}' is not valid: use ${rule}, with or without a scope: '@team/polyarch-plugin-void'`,
    )
  }
  const camel = base.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  const variable = reservedIdentifiers().has(camel) ? `${camel}Linux` : camel
  return { package: `${scope}polyarch-plugin-${base}`, folder: join(...parts, name), base, variable }
}

function named(text: string, { package: packageName, base, variable }: PluginName): string {
  return text
    .replaceAll(PACKAGE_PLACEHOLDER, packageName)
    .replaceAll(FUNCTION_PLACEHOLDER, variable)
    .replace(BASE_PLACEHOLDER, base)
}

/** The three next commands. */
function nextSteps(template: Template, folder: string): readonly string[] {
  const enter = folder === '' ? [] : [`cd ${folder}`]
  if (template === 'plugin') return [...enter, 'npm install', 'npm test']
  const packages = template === 'monorepo' ? [] : ['npm install --save-dev @polyarch/core @polyarch/plugin-debian tsx']
  return [
    ...enter,
    ...(template === 'monorepo' ? ['npm install'] : packages),
    'npx tsx build.ts plan --registry embedded',
    'npx tsx build.ts --registry embedded',
  ]
}
