import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readText } from '../house/repository.js'
import { linesOfPage, RECIPES } from './recipe-lines.js'

const PAGES = ['docs/ci-github.md', 'docs/ci-gitlab.md', 'docs/ci-jenkins.md', 'docs/ci-woodpecker.md']

describe('recipes in YAML', () => {
  test.each(RECIPES)('of $file can be read', ({ documents, errors }) => {
    expect(errors).toEqual([])
    for (const one of documents) expect(one).toBeTypeOf('object')
  })

  test.each([...PAGES, 'templates/polyarch.yml'])('%s builds each platform alone, and assembles at the end', (page) => {
    const lines = linesOfPage(page).filter((line) => line.startsWith('npx tsx '))
    expect(lines).toContainEqual(expect.stringContaining(' --only '))
    expect(lines.at(-1)).toMatch(/^npx tsx (build\.ts|\$\[\[ inputs\.file \]\]) assemble( |$)/)
  })

  const steps = RECIPES.flatMap(({ documents }) => documents).flatMap((one) =>
    Object.values((one as { readonly jobs?: object }).jobs ?? {}).flatMap(
      (job: { readonly steps?: readonly { readonly uses?: string; readonly with?: object }[] }) => job.steps ?? [],
    ),
  )

  test('the action gets inputs that it has, and its page lists all of them', () => {
    const { inputs, outputs } = parse(readText('action.yml')) as { readonly inputs: object; readonly outputs: object }
    const own = steps.filter(({ uses }) => uses?.startsWith('polyarch/'))
    expect(own.length).toBeGreaterThan(3)
    for (const { with: given = {} } of own) {
      for (const name of Object.keys(given)) expect(Object.keys(inputs)).toContain(name)
    }
    const page = readText('docs/ci-github.md')
    for (const name of [...Object.keys(inputs), ...Object.keys(outputs)]) expect(page).toContain(`\`${name}\``)
  })

  test('the component of GitLab gets inputs that it has, and its page lists all of them', () => {
    const [spec] = RECIPES.find(({ file }) => file === 'templates/polyarch.yml')?.documents ?? []
    const known = Object.keys((spec as { readonly spec: { readonly inputs: object } }).spec.inputs)
    const included = RECIPES.flatMap(({ documents }) => documents).flatMap(
      (one) => (one as { readonly include?: readonly { readonly inputs: object }[] }).include ?? [],
    )
    expect(included).toHaveLength(1)
    for (const { inputs } of included) for (const name of Object.keys(inputs)) expect(known).toContain(name)
    for (const name of known) expect(readText('docs/ci-gitlab.md')).toContain(`\`${name}\``)
  })
})
