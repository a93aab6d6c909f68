import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseJson } from '../../model/json.js'
import { isJsonObject, textOf } from '../../model/json-fields.js'
import { readLines } from '../../model/lines.js'
import { type ClusterScope, type KubectlCall, scopeArguments } from './kubectl.js'
import { readPod } from './objects.js'
import { parseWorkloadAddress } from './pod-address.js'
import { podAddress, podSelector } from './workload-pods.js'

/** The state of a pod, by the address of its builder. */
export interface PodChange {
  readonly address: string
  readonly isReady: boolean
}

/** Milliseconds in which a watch reports what exists. */
const SYNC_TIME = 3000

/** Delay before an ended watch is restarted, in milliseconds: the first, and the highest after repeated failures. */
const RESTART = { least: 1000, most: 30_000 } as const

/**
 * Reports the pods of a workload whenever they change, until the signal fires. API servers end each watch after some
 * time, and a new one starts; pods that have gone meanwhile are reported too.
 *
 * @param known - the addresses of pods that are ready
 */
export async function watchPods(
  address: string,
  call: KubectlCall & { readonly signal: AbortSignal },
  known: readonly string[],
  report: (change: PodChange) => void,
): Promise<void> {
  const ready = new Set(known)
  const note = (change: PodChange) => {
    if (change.isReady) ready.add(change.address)
    else ready.delete(change.address)
    report(change)
  }
  let delay: number = RESTART.least
  while (!call.signal.aborted) {
    const startedAt = Date.now()
    // If watching fails, the known pods are still used; a lost pod is detected by its connection.
    await watchOnce(address, call, ready, note).catch(() => {})
    delay = Date.now() - startedAt > RESTART.most ? RESTART.least : Math.min(delay * 2, RESTART.most)
    await sleep(delay, undefined, { signal: call.signal, ref: false }).catch(() => {})
  }
}

async function watchOnce(
  address: string,
  { env, signal }: KubectlCall & { readonly signal: AbortSignal },
  ready: ReadonlySet<string>,
  note: (change: PodChange) => void,
): Promise<void> {
  const { workload: _name, container, ...scope } = parseWorkloadAddress(address)
  const selector = await podSelector(address, { env, signal })
  const kubectl = spawn('kubectl', watchArguments(selector, scope), {
    env: { ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
    signal,
  })
  const ended = once(kubectl, 'close')
  ended.catch(() => {})
  const seen = new Set<string>()
  const sync = setTimeout(() => {
    for (const one of [...ready].filter((name) => !seen.has(name))) note({ address: one, isReady: false })
  }, SYNC_TIME)
  try {
    for await (const { type, object } of watchEvents(kubectl.stdout)) {
      const pod = readPod(object)
      if (pod === undefined) continue
      const change = { address: podAddress(pod, container, scope), isReady: pod.isReady && type !== 'DELETED' }
      seen.add(change.address)
      note(change)
    }
    await ended
  } finally {
    clearTimeout(sync)
    kubectl.kill()
  }
}

function watchArguments(selector: string, scope: ClusterScope): readonly string[] {
  const output = ['--watch', '--output-watch-events', '--output=json']
  return ['get', 'pods', ...scopeArguments(scope), `--selector=${selector}`, ...output]
}

/** Objects of JSON, one per line or indented, as releases of kubectl differ. */
async function* watchEvents(output: Readable): AsyncGenerator<{ readonly type: string; readonly object: unknown }> {
  let text = ''
  for await (const line of readLines(output)) {
    text += line
    if (!(line.startsWith('{') && line.endsWith('}')) && line !== '}') continue
    const event = parseJson(text)
    text = ''
    if (isJsonObject(event)) yield { type: textOf(event['type']) ?? '', object: event['object'] }
  }
}
