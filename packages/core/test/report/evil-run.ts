import type { RunEvent } from '../../src/model/events.js'
import { WHOLE } from './recorded-run.js'

/** Fields that the program itself fills in with words of its own. */
const OWN: ReadonlySet<string> = new Set([
  ...['kind', 'action', 'outcome', 'status', 'stream', 'direction', 'code', 'execution', 'os', 'architecture'],
])
/** Fields by which records are found. */
const LINKS: ReadonlySet<string> = new Set(['node', 'needs', 'step', 'digest', 'layer'])

/** A script in every dress that has ever worked somewhere; `window.evil` tells that one ran. */
export const EVIL = `</pre></style></title></svg><script>window.evil=1</script><img src=x onerror="window.evil=1">'" onload='window.evil=1`

/** The events of a run with a script in every field that holds foreign text. */
export function evilRun(events: readonly RunEvent[] = WHOLE): readonly RunEvent[] {
  return events.map((event) => poison(event, '') as RunEvent)
}

function poison(value: unknown, field: string): unknown {
  if (typeof value === 'string') return poisonText(value, field)
  if (Array.isArray(value)) return value.map((one) => poison(one, field))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, poison(one, name)]))
}

function poisonText(text: string, field: string): string {
  if (OWN.has(field)) return text
  // The same text gets the same script, so that what belongs together stays together.
  return LINKS.has(field) ? `${text}${EVIL}` : `${text} ${EVIL}`
}
