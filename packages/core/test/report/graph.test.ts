import { describe, expect, test } from 'vitest'
import { PLAN_ACTIONS } from '../../src/model/run/plan.js'
import { type Picture, pictureOf } from '../../src/report/graph/picture.js'
import { formatPicture } from '../../src/report/graph-formats.js'
import { ARM, nodePlan, PLAN } from './recorded-run.js'

const SOURCES = ['docker.io/library/ubuntu:24.04', 'raspbian bookworm armhf (packages)']
const PICTURE = pictureOf({
  ...PLAN,
  nodes: PLAN.nodes.map((node, at) => ({ ...node, ...(SOURCES[at] !== undefined && { source: SOURCES[at] }) })),
})

/** Every kind of character that one of the forms gives a meaning to. */
const EVIL = `x"];\\ n9 [label="]] --> end <script>alert(1)</script> &amp; #quot; \`${'${1}'}\` 'y'`

function evilPicture(): Picture {
  const image = nodePlan(`${EVIL} image`, 'image', 'create', {
    pipeline: EVIL,
    platform: { ...ARM, variant: EVIL },
    reason: EVIL,
    source: EVIL,
  })
  return pictureOf({ nodes: [image], tags: [{ reference: EVIL, node: image.node, action: 'create' }] })
}

/** Lines of a tree, with a bar where columns begin, however wide they are. */
function columns(tree: string): readonly string[] {
  return tree
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/(?<=[^ │]) {2,}/g, ' | '))
}

describe('the picture', () => {
  test('omits the edges that others imply', () => {
    const into = (to: string) => PICTURE.edges.filter((edge) => edge.to === to).map(({ from }) => from)
    expect(into('app image(linux/arm/v7)')).toEqual(['app base index'])
    expect(into('app base index')).toEqual(['app base(linux/amd64)', 'app base(linux/arm/v7)'])
  })

  test.each(PLAN_ACTIONS)('has a word and a colour for %s', (action) => {
    const [node] = pictureOf({ nodes: [nodePlan('app index', 'index', action)], tags: [] }).nodes
    expect(node).toMatchObject({ word: expect.any(String) })
    expect(node?.state).not.toBe('undecided')
  })

  test('is narrow in the language of Graphviz: what is long breaks if a part of it begins', async () => {
    const dot = await formatPicture(PICTURE, 'dot')
    const labels = [...dot.matchAll(/\[label="([^"]*)"/g)].map(([, label]) => label)
    expect(labels).toContain('docker.io/library/\\nubuntu:24.04')
    expect(labels).toContain('raspbian bookworm armhf\\n(packages)')
    expect(labels.some((label) => label?.startsWith('base\\nlinux/arm/v7\\n'))).toBe(true)
    expect(labels.some((label) => label?.startsWith('shared base'))).toBe(true)
  })

  test('of a definition alone has no words', () => {
    const { action: _action, reason: _reason, ...outlined } = nodePlan('app index', 'index', 'create')
    const [node] = pictureOf({ nodes: [outlined], tags: [] }).nodes
    expect(node).toEqual({ id: 'app index', kind: 'index', pipeline: 'app', label: 'index', state: 'undecided' })
  })

  test('names the pipeline of what is of another one', async () => {
    const nodes = [
      nodePlan('sdk image(linux/arm/v7)', 'image', 'reuse', { platform: ARM }),
      nodePlan('tool base(linux/arm/v7)', 'base', 'mount', { platform: ARM, needs: ['sdk image(linux/arm/v7)'] }),
      nodePlan('tool image(linux/arm/v7)', 'image', 'create', { platform: ARM, needs: ['tool base(linux/arm/v7)'] }),
      nodePlan('app image(linux/arm/v7)', 'image', 'create', { platform: ARM, needs: ['sdk image(linux/arm/v7)'] }),
    ]
    const text = await formatPicture(pictureOf({ nodes, tags: [] }), 'tree')
    expect(columns(text)).toEqual([
      'image linux/arm/v7 | create | it is to be create',
      '└─ base linux/arm/v7 | mount | it is to be mount',
      '   └─ sdk image linux/arm/v7 | reuse | it is to be reuse',
      'image linux/arm/v7 | create | it is to be create; on sdk image linux/arm/v7, as above',
    ])
  })

  test('shows a pipeline that stands on another', async () => {
    const nodes = [
      nodePlan('sdk image(linux/arm/v7)', 'image', 'reuse', { platform: ARM }),
      nodePlan('sdk index', 'index', 'reuse', { needs: ['sdk image(linux/arm/v7)'] }),
      nodePlan('tool image(linux/arm/v7)', 'image', 'create', {
        platform: ARM,
        needs: ['sdk image(linux/arm/v7)', 'sdk index'],
      }),
    ]
    const text = await formatPicture(pictureOf({ nodes, tags: [] }), 'tree')
    expect(columns(text).map((line) => line.replace(/ \|.*/, ''))).toEqual([
      'image linux/arm/v7',
      '└─ sdk index',
      '   └─ image linux/arm/v7',
    ])
  })
})

describe('forms', () => {
  test('a tree', async () => {
    expect(columns(await formatPicture(PICTURE, 'tree'))).toEqual([
      'reg.example/app:1.0 | move',
      '└─ app index | make | it is to be known-after',
      '   ├─ image linux/amd64 | create | it is to be create',
      '   │  └─ shared base | create | it is to be create',
      '   │     ├─ base linux/amd64 | reuse | it is to be reuse',
      '   │     │  └─ docker.io/library/ubuntu:24.04',
      '   │     └─ base linux/arm/v7 | copy | it is to be copy',
      '   │        └─ raspbian bookworm armhf (packages)',
      '   └─ image linux/arm/v7 | rebuild | it is to be rebuild; on shared base, as above',
      'reg.example/app:latest | create | on app index, as above',
    ])
  })

  test('JSON holds the picture, with its version', async () => {
    expect(JSON.parse(await formatPicture(PICTURE, 'json'))).toEqual(PICTURE)
    expect(PICTURE.version).toBe(1)
  })

  test('SVG is laid out here, with every label', async () => {
    const svg = await formatPicture(PICTURE, 'svg')
    for (const line of ['image', 'linux/arm/v7', 'rebuild', 'reg.example/', 'app:1.0', 'ubuntu:24.04']) {
      expect(svg).toContain(`>${line}<`)
    }
  })

  test('foreign text stays text', async () => {
    const picture = evilPicture()
    const mermaid = await formatPicture(picture, 'mermaid')
    for (const line of mermaid.split('\n').filter((one) => one.includes('alert'))) {
      // Quotes only where this form has them, and no markup.
      expect(line.match(/"/g)).toHaveLength(2)
      expect(line).not.toMatch(/<(?!br>)/)
    }
    for (const form of ['svg', 'html'] as const) {
      const text = await formatPicture(picture, form)
      expect(text).not.toContain('<script')
      expect(text).toContain('alert(1)')
    }
    const nodesDrawn = (await formatPicture(picture, 'svg')).match(/class="node"/g)
    expect(nodesDrawn).toHaveLength(picture.nodes.length)
  })
})
