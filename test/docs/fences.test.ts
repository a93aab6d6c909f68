import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SKIPPED = new Set(['node_modules', 'dist', '.git', 'api', 'coverage'])

function filesUnder(directory: string, ending: RegExp): readonly string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return []
    const path = join(directory, entry.name)
    if (entry.isDirectory()) return filesUnder(path, ending)
    return ending.test(entry.name) ? [path] : []
  })
}

interface Fence {
  readonly file: string
  readonly language: string
  readonly code: string
}

function fencesOf(file: string): readonly Fence[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', code = '']) => ({
    file: relative(ROOT, file),
    language,
    code,
  }))
}

/** Excludes docs/design.md: its example sketches the API and is not a program. */
const pages = filesUnder(ROOT, /\.md$/).filter((file) => !file.endsWith('docs/design.md'))
const fences = pages.flatMap(fencesOf)
const sources = ['examples', 'test', 'packages'].flatMap((folder) =>
  filesUnder(join(ROOT, folder), /\.(ts|json)$|Dockerfile$/),
)
const code = sources.map((file) => readFileSync(file, 'utf8').replace(/^ +/gm, '')).join('\n')
const scripts = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> })
  .scripts

describe('code blocks in the documentation', () => {
  it('exist', () => expect(fences.length).toBeGreaterThan(5))

  it.each(fences.filter(({ language }) => ['ts', 'dockerfile', 'json'].includes(language)))(
    'are excerpts of an example or a test: $file',
    (fence) => expect(code).toContain(fence.code.trim().replace(/^ +/gm, '')),
  )

  it.each(
    fences
      .filter(({ language }) => language === 'sh')
      .flatMap(({ file, code: lines }) =>
        [...lines.matchAll(/\bnpm (?:run )?([\w:]+)/g)].map(([, script = '']) => ({ file, script })),
      ),
  )('run npm scripts that exist: $file: $script', ({ script }) => {
    if (script === 'install') return
    expect(Object.keys(scripts)).toContain(script)
  })
})
