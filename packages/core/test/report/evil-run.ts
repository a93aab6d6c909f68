import type { RunEvent } from '../../src/model/run/events.js'
import { WHOLE } from './recorded-run.js'

/** Fields that the program itself fills in with words of its own. */
const OWN: ReadonlySet<string> = new Set([
  ...['kind', 'action', 'outcome', 'status', 'stream', 'direction', 'code', 'execution', 'state', 'os', 'architecture'],
])
/** Fields by which records are found. */
const LINKS: ReadonlySet<string> = new Set(['node', 'needs', 'step', 'digest', 'layer'])

/** A script in every known disguise; `window.evil` shows that one ran. */
export const EVIL = `</pre></style></title></svg><script>window.evil=1</script><img src=x onerror="window.evil=1">'" onload='window.evil=1`

/** The events of a run with a hostile text in every field that holds foreign text. */
export function evilRun(events: readonly RunEvent[] = WHOLE, evil = EVIL): readonly RunEvent[] {
  return events.map((event) => poison(event, '', evil) as RunEvent)
}

/** A value with a hostile text in every field that holds foreign text. */
export function poison(value: unknown, field: string, evil: string): unknown {
  if (typeof value === 'string') return poisonText(value, field, evil)
  if (Array.isArray(value)) return value.map((one) => poison(one, field, evil))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, poison(one, name, evil)]))
}

function poisonText(text: string, field: string, evil: string): string {
  if (OWN.has(field)) return text
  // The same text gets the same script, so that what belongs together stays together.
  return LINKS.has(field) ? `${text}${evil}` : `${text} ${evil}`
}
