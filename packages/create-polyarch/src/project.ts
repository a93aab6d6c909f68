import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'

/** Templates of a new project. */
export const TEMPLATES = ['pipeline', 'plugin'] as const

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
  /** Relative to the directory; `polyarch-plugin-example` for a plugin, else the directory itself. */
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

/** Placeholder of the plugin's name in the templates. The host example.com is not one. */
const PLACEHOLDER = /example(?!\.com)/g

/** Name of package.json in the templates: npm would read a package.json in this package. */
const MANIFEST = '_package.json'

/**
 * Writes a project from a template. If one of its files exists, writes nothing.
 *
 * @throws Error if a file exists, or the plugin's name is not valid
 */
export async function writeProject({ template, folder, templates, directory }: ProjectOptions): Promise<Project> {
  const target = resolve(directory, folder ?? (template === 'plugin' ? 'polyarch-plugin-example' : '.'))
  const word = template === 'plugin' ? pluginWord(basename(target)) : undefined
  const source = join(templates, template)
  const entries = await readdir(source, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const from = join(entry.parentPath, entry.name)
      const path = relative(source, from).replace(MANIFEST, 'package.json')
      return { from, to: join(target, word === undefined ? path : path.replace(PLACEHOLDER, word)) }
    })
  const inTheWay = files.filter(({ to }) => existsSync(to)).map(({ to }) => relative(directory, to))
  if (inTheWay.length > 0)
    throw new Error(`'${inTheWay.join("', '")}' already exists; nothing was written. Choose another folder`)
  for (const { from, to } of files) {
    const text = await readFile(from, 'utf8')
    await mkdir(dirname(to), { recursive: true })
    await writeFile(to, word === undefined ? text : text.replace(PLACEHOLDER, word))
  }
  return {
    files: files.map(({ to }) => relative(directory, to)).sort(),
    next: nextSteps(template, relative(directory, target)),
  }
}

/** `polyarch-plugin-alpine` has the base `alpine`. */
function pluginWord(name: string): string {
  const word = name.replace(/^polyarch-plugin-/, '')
  if (/^[a-z][a-z0-9]*$/.test(word)) return word
  throw new Error(`plugin name '${name}' is not valid: use 'polyarch-plugin-' and lower-case letters and digits`)
}

function nextSteps(template: Template, folder: string): readonly string[] {
  const enter = folder === '' ? [] : [`cd ${folder}`]
  return template === 'plugin'
    ? [...enter, 'npm install', 'npm test']
    : [
        ...enter,
        'npm install --save-dev @polyarch/core @polyarch/plugin-debian tsx',
        'npx tsx build.ts --registry embedded',
      ]
}
