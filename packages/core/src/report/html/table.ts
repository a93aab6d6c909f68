import { type Html, html } from './html.js'

/** A column: its title, and the class of a column that is not plain text. */
export type Column = string | readonly [title: string, style: string]

/** A table in a frame that scrolls if the page is too narrow for it, by keyboard too. */
export function table(label: string, columns: readonly Column[], rows: readonly Html[], style = ''): Html {
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${label}"><table class="${style}"><thead><tr>${columns.map(heading)}</tr></thead>
<tbody>
${rows}</tbody></table></div>`
}

function heading(column: Column): Html {
  const [title, style] = typeof column === 'string' ? [column, ''] : column
  return html`<th scope="col" class="${style}">${title}</th>`
}
