import type { Environment } from '../../host/environment.js'
import type { RunEvent } from '../../model/run/events.js'
import { escapeCiCommands, escapeLine } from '../escape.js'

/** How a CI system folds lines of its log. */
export interface GroupMarkers {
  readonly start: (title: string, id: number, at: number) => string
  readonly end: (id: number, at: number) => string
}

/**
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions#grouping-log-lines
 */
const GITHUB: GroupMarkers = {
  start: (title) => `::group::${title}\n`,
  end: () => '::endgroup::\n',
}

const seconds = (at: number) => Math.floor(at / 1000)

/** @see https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections */
const GITLAB: GroupMarkers = {
  start: (title, id, at) => `\u001b[0Ksection_start:${seconds(at)}:polyarch_${id}[collapsed=true]\r\u001b[0K${title}\n`,
  end: (id, at) => `\u001b[0Ksection_end:${seconds(at)}:polyarch_${id}\r\u001b[0K\n`,
}

/** The markers of the current CI system; undefined if it does not fold lines. */
export function groupMarkers(env: Environment): GroupMarkers | undefined {
  if (env['GITHUB_ACTIONS'] === 'true') return GITHUB
  return env['GITLAB_CI'] === 'true' ? GITLAB : undefined
}

/** Lines of one node, kept until it ends: nodes run concurrently, and groups cannot overlap. */
const MAX_LINES = 2_000

interface Group {
  readonly lines: string[]
  dropped: number
}

/** Keeps lines by node, and writes them as one group when the node ends. */
export class GroupedLines {
  readonly #markers: GroupMarkers
  readonly #write: (text: string) => void
  readonly #open = new Map<string, Group>()
  #written = 0

  constructor(markers: GroupMarkers, write: (text: string) => void) {
    this.#markers = markers
    this.#write = write
  }

  add(node: string, line: string): void {
    const group = this.#open.get(node) ?? { lines: [], dropped: 0 }
    this.#open.set(node, group)
    group.lines.push(line)
    if (group.lines.length <= 2 * MAX_LINES) return
    group.dropped += group.lines.splice(0, group.lines.length - MAX_LINES).length
  }

  /** Writes the node's group, if it has lines. */
  end(node: string, title: string, { at }: Pick<RunEvent, 'at'>): void {
    const group = this.#open.get(node)
    this.#open.delete(node)
    if (group === undefined) {
      this.#write(escapeCiCommands(`${title}\n`))
      return
    }
    this.#written += 1
    const dropped = group.dropped > 0 ? [`… ${group.dropped} earlier lines omitted`] : []
    const body = escapeCiCommands([...dropped, ...group.lines].map((line) => `  ${line}\n`).join(''))
    this.#write(
      `${this.#markers.start(escapeCiCommands(escapeLine(title)), this.#written, at)}${body}${this.#markers.end(this.#written, at)}`,
    )
  }
}
