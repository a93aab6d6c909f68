import { parseAllDocuments } from 'yaml'
import { readText, repositoryFiles } from '../house/repository.js'

/** A recipe for CI: a fence of a page, or the component for GitLab. */
export interface Recipe {
  readonly file: string
  /** Its documents. */
  readonly documents: readonly unknown[]
  readonly errors: readonly string[]
}

const FENCES = repositoryFiles(/\.md$/).flatMap((file) =>
  [...readText(file).matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => ({ file, text })),
)

/** All YAML that the documentation shows, and the component. */
export const RECIPES: readonly Recipe[] = [
  ...FENCES,
  { file: 'templates/polyarch.yml', text: readText('templates/polyarch.yml') },
].map(({ file, text }) => {
  const documents = parseAllDocuments(text)
  return {
    file,
    documents: documents.map((one) => one.toJS() as unknown),
    errors: documents.flatMap(({ errors }) => errors.map(({ message }) => message)),
  }
})

/** Keys of CI systems whose values a shell executes. */
const SHELL_KEYS = new Set(['run', 'script', 'before_script', 'commands'])

/** The shell lines of a recipe, in its order. */
function shellLines(value: unknown, isShell = false): readonly string[] {
  if (typeof value === 'string') return isShell ? [value] : []
  if (Array.isArray(value)) return value.flatMap((item) => shellLines(item, isShell))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => shellLines(item, SHELL_KEYS.has(key)))
}

/** The shell lines of all recipes of a page; of a Jenkinsfile, those of its `sh` steps. */
export function linesOfPage(file: string): readonly string[] {
  const yaml = RECIPES.filter((recipe) => recipe.file === file).flatMap(({ documents }) => shellLines(documents))
  const groovy = file.endsWith('.md') ? [...readText(file).matchAll(/^```groovy\n(.*?)^```$/gms)] : []
  return [
    ...yaml,
    ...groovy.flatMap(([, text = '']) => [...text.matchAll(/\bsh '([^']+)'/g)].map(([, line = '']) => line)),
  ]
}
