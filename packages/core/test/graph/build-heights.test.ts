import { expect, it } from 'vitest'
import { buildHeights } from '../../src/graph/build-heights.js'
import type { Node } from '../../src/graph/node.js'

const node = (id: string, kind: Node['kind'], ...needs: readonly string[]) => ({ id, kind, needs })

it('counts the images of the longest chain that is based on a node', () => {
  const heights = buildHeights([
    node('base', 'base'),
    node('sdk', 'image', 'base'),
    node('sdk index', 'index', 'sdk'),
    node('tool', 'image', 'sdk'),
    node('app', 'image', 'tool'),
    node('other', 'image', 'sdk'),
  ])
  expect(Object.fromEntries(heights)).toEqual({ base: 3, sdk: 2, tool: 1 })
})
