import { escapeText } from '../escape.js'
import type { Paint, Style } from '../paint.js'

/** The part of a diagnosis that is shown as text. */
export interface DiagnosisText {
  readonly findings: readonly {
    readonly subject: string
    readonly state: 'ok' | 'warning' | 'error'
    readonly message: string
    readonly advice?: string
  }[]
}

const STYLES: Readonly<Record<DiagnosisText['findings'][number]['state'], Style>> = {
  ok: 'green',
  warning: 'yellow',
  error: 'red',
}

/** Formats findings as text: one line each, followed by the advice if there is any. */
export function formatDiagnosis({ findings }: DiagnosisText, paint: Paint): string {
  const lines = findings.map(({ subject, state, message, advice }) => {
    const hint = advice === undefined ? '' : `         ${paint('cyan', 'hint:')} ${escapeText(advice)}\n`
    return `${paint(STYLES[state], state.padEnd(8))} ${escapeText(`${subject}: ${message}`)}\n${hint}`
  })
  return `${lines.join('')}${counted('error', findings)}, ${counted('warning', findings)}\n`
}

function counted(state: 'error' | 'warning', findings: DiagnosisText['findings']): string {
  const count = findings.filter((finding) => finding.state === state).length
  return `${count} ${state}${count === 1 ? '' : 's'}`
}
