import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { runSchedule } from '../../src/execute/schedule.js'
import type { IndexNode, Node } from '../../src/graph/node.js'
import { CancelledError } from '../../src/model/errors.js'

function node(id: string, ...needs: string[]): Node {
  const repository = { registry: 'registry.example.com', repository: 'app' }
  const index: IndexNode = {
    kind: 'index',
    id,
    pipeline: 'app',
    repository,
    needs,
    children: [],
    format: 'oci',
    annotations: {},
    contexts: [],
  }
  return index
}

describe('runSchedule', () => {
  it('starts a node after all that it needs, and independent ones side by side', async () => {
    const log: string[] = []
    await runSchedule({
      nodes: [node('top', 'left', 'right'), node('left', 'root'), node('right', 'root'), node('root')],
      run: async ({ id }) => {
        log.push(`+${id}`)
        await sleep(1)
        log.push(`-${id}`)
      },
    })
    expect(log.slice(0, 2)).toEqual(['+root', '-root'])
    expect(log.slice(2, 4).sort()).toEqual(['+left', '+right'])
    expect(log.slice(-2)).toEqual(['+top', '-top'])
  })

  it('waits for nothing that is not in the schedule', async () => {
    const ran: string[] = []
    await runSchedule({
      nodes: [node('image', 'base that is there already')],
      run: async ({ id }) => void ran.push(id),
    })
    expect(ran).toEqual(['image'])
  })

  it('stops at the first failure: cancels what runs, starts nothing more, reports that failure', async () => {
    const ran: string[] = []
    const running = runSchedule({
      nodes: [node('bad'), node('slow'), node('after', 'slow')],
      run: async ({ id }, signal) => {
        ran.push(id)
        if (id === 'bad') throw new Error('broken')
        await sleep(60_000, undefined, { signal })
      },
    })
    await expect(running).rejects.toThrow('broken')
    expect(ran).toEqual(['bad', 'slow'])
  })

  it('reports a cancelled run as such', async () => {
    const stop = new AbortController()
    const running = runSchedule({
      nodes: [node('slow')],
      signal: stop.signal,
      run: async (_node, signal) => {
        stop.abort()
        await sleep(60_000, undefined, { signal })
      },
    })
    await expect(running).rejects.toBeInstanceOf(CancelledError)
  })
})
