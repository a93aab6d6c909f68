import { describe, expect, test } from 'vitest'
import { type Import, importsOf } from './module-imports.js'
import { readText, repositoryFiles, SOURCES } from './repository.js'

/** The folders of the core in import order: each imports only from itself and from those before it. */
const ORDER = [
  'model',
  'host',
  'definition',
  'graph',
  'registry',
  'machine-code',
  'image-files',
  'layout',
  'trust',
  'context',
  'dockerfile',
  'builder',
  'rootfs',
  'lock',
  'steps',
  'plan',
  'execute',
  'report',
  'operations',
  'cli',
]

/** Doors of their own, outside the order, and what they may import. Inside the core they are loaded only when used. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  'registry-server': ['model', 'host', 'layout'],
  testing: ['model', 'definition', 'registry', 'rootfs', 'steps'],
}

const CORE = 'packages/core/src/'

/** Folders whose lazy imports load what implements them. */
const RUN_TIME_LOADS = [`${CORE}definition/plugin/kinds/`]

function folderOf(path: string): string {
  const inside = path.slice(CORE.length)
  return inside.includes('/') ? inside.slice(0, inside.indexOf('/')) : ''
}

/** The folders that a folder of the core may import from. */
function allowedFor(folder: string): readonly string[] {
  const door = DOORS[folder]
  if (door !== undefined) return [folder, ...door]
  const before = ORDER.slice(0, ORDER.indexOf(folder) + 1)
  return folder === 'execute' ? before.filter((name) => name !== 'plan') : before
}

function isAllowed({ file, target = '', lazy }: Import): boolean {
  const [from, to] = [folderOf(file), folderOf(target)]
  if (from === '' || allowedFor(from).includes(to)) return true
  // A kind of root file system is declared in definition/, and loads the part that performs I/O when it is used.
  if (lazy && file.startsWith(`${CORE}definition/plugin/kinds/`)) return to === 'rootfs'
  return lazy && to in DOORS && !(from in DOORS)
}

function importText({ file, specifier }: Import): string {
  return `${file} imports ${specifier}`
}

const files = repositoryFiles(SOURCES)
const imports = files.flatMap(importsOf)
const coreImports = imports.filter(({ file, target }) => file.startsWith(CORE) && target !== undefined)

describe('imports', () => {
  test('every folder of the core has its place in the order', () => {
    const folders = new Set(files.filter((file) => file.startsWith(CORE)).map(folderOf))
    const known = ['', ...ORDER, ...Object.keys(DOORS)]
    expect([...folders].filter((folder) => !known.includes(folder))).toEqual([])
  })

  test('folders import only from those before them, and plan and execute never from each other', () => {
    const wrong = coreImports.filter((found) => !isAllowed(found))
    expect(wrong.map(importText)).toEqual([])
  })

  test('every import leads to a file', () => {
    const wrong = imports.filter(({ target }) => target !== undefined && !files.includes(target))
    expect(wrong.map(importText)).toEqual([])
  })

  test('only builder/ imports dockerode', () => {
    const wrong = imports.filter(
      ({ file, specifier }) => /^docker(ode|-modem)(\/|$)/.test(specifier) && folderOf(file) !== 'builder',
    )
    expect(wrong.map(importText)).toEqual([])
  })

  test('plugins and the command import the core by its name, and nothing of the core imports them', () => {
    const isPlugin = (file: string) => file.startsWith('packages/plugin-')
    const wrong = imports.filter(({ file, specifier, target }) =>
      isPlugin(file)
        ? !(
            /^(?:@polyarch\/core|node:)/.test(specifier) ||
            dependenciesOf(file).includes(specifier) ||
            target?.startsWith(file.split('/src/')[0] ?? '')
          )
        : specifier.startsWith('@polyarch/') && !file.startsWith('packages/cli/'),
    )
    expect(wrong.map(importText)).toEqual([])
  })

  test('sibling folders import in one direction', () => {
    const pairs = new Map(siblingImports(coreImports).map(([pair, found]) => [pair, found] as const))
    const both = [...pairs].filter(([pair]) => pairs.has(pair.split(' -> ').reverse().join(' -> ')))
    expect(both.map(([, found]) => importText(found))).toEqual([])
  })

  test('there is no cycle', () => {
    expect(findCycle(imports)).toEqual([])
  })
})

/** The imports between folders with the same parent, each with its pair of folders. */
function siblingImports(found: readonly Import[]): readonly (readonly [pair: string, found: Import])[] {
  return found.flatMap((one) => {
    const [from, to] = [one.file, one.target ?? ''].map((path) => path.split('/').slice(0, -1))
    const at = from?.findIndex((part, index) => part !== to?.[index]) ?? -1
    const [own, other] = [from, to].map((path) => path?.slice(0, at + 1))
    if (at < 0 || own?.length !== other?.length || RUN_TIME_LOADS.some((folder) => one.file.startsWith(folder)))
      return []
    return [[`${own?.join('/')} -> ${other?.join('/')}`, one]]
  })
}

/** What the package of a file depends on. */
function dependenciesOf(file: string): readonly string[] {
  const manifest = JSON.parse(readText(`${file.split('/src/')[0]}/package.json`)) as { readonly dependencies?: object }
  return Object.keys(manifest.dependencies ?? {})
}

function findCycle(all: readonly Import[]): readonly string[] {
  const targets = new Map<string, string[]>()
  for (const { file, target } of all) {
    if (target !== undefined) targets.set(file, [...(targets.get(file) ?? []), target])
  }
  const done = new Set<string>()
  const visit = (file: string, trail: readonly string[]): readonly string[] => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file]
    if (done.has(file)) return []
    for (const target of targets.get(file) ?? []) {
      const cycle = visit(target, [...trail, file])
      if (cycle.length > 0) return cycle
    }
    done.add(file)
    return []
  }
  for (const file of targets.keys()) {
    const cycle = visit(file, [])
    if (cycle.length > 0) return cycle
  }
  return []
}
