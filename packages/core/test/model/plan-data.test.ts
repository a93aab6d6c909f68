import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../src/model/limits.js'
import { hasChanges, isChange, type NodePlan, PLAN_ACTIONS, type Plan } from '../../src/model/run/plan.js'
import { PLAN_REASON_KINDS } from '../../src/model/run/plan-reason.js'

describe('the words of a plan', () => {
  it('are different, and written with hyphens', () => {
    for (const words of [PLAN_ACTIONS, PLAN_REASON_KINDS]) {
      expect(words.length).toBeGreaterThan(6)
      for (const word of words) expect(word).toMatch(/^[a-z]+(-[a-z]+)*$/)
      expect(new Set<string>(words).size).toBe(words.length)
    }
  })
})

describe('a plan', () => {
  const node = (action: NodePlan['action']): NodePlan => ({
    node: 'app',
    pipeline: 'app',
    kind: 'image',
    action,
    why: [{ kind: 'present' }],
    reason: 'present',
    needs: [],
  })
  const plan = (actions: readonly NodePlan['action'][], tag: 'keep' | 'move' = 'keep'): Plan => ({
    version: 1,
    nodes: actions.map(node),
    tags: [{ reference: 'r.example/app:1', node: 'app', action: tag }],
    errors: [],
    notes: [],
  })

  it('changes nothing if all nodes are reused, skipped or not needed and all tags stay', () => {
    expect(PLAN_ACTIONS.filter((action) => !isChange(node(action)))).toEqual(['reuse', 'skip', 'not-needed'])
    expect(hasChanges(plan(['reuse', 'skip', 'not-needed']))).toBe(false)
    expect(hasChanges(plan(['reuse', 'known-after']))).toBe(true)
    expect(hasChanges(plan(['reuse'], 'move'))).toBe(true)
  })
})

describe('limits', () => {
  it('are those of Linux, BuildKit and registries', () => {
    expect(LIMITS).toMatchObject({
      // PATH_MAX of <linux/limits.h>
      path: 4096,
      // bufio.MaxScanTokenSize, whose last byte is the newline's
      dockerfileLine: 65_535,
      // MaxManifestBodySize of distribution
      manifest: 4_194_304,
    })
  })

  it('are at least what real content needs', () => {
    const least = {
      line: 1e6,
      followedPaths: 1e6,
      archivePathBytes: 1e8,
      textFile: 1e6,
      expandedWord: 4096,
      imageConfig: 1e6,
      program: 1e6,
      errorBody: 4096,
      tokenAnswer: 4096,
      page: 1e6,
      list: 1e7,
      contextRecord: 1e6,
      releaseFile: 1e6,
      grpcMessage: 16e6,
      agentMessage: 4096,
    } as const
    for (const [name, bytes] of Object.entries(least)) {
      expect(LIMITS[name as keyof typeof least], name).toBeGreaterThanOrEqual(bytes)
    }
  })
})
