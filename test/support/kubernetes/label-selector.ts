/** Whether labels match a selector of the forms `key=value`, `key in (a,b)`, `key notin (a,b)`, `key` and `!key`. */
export function isSelected(labels: Readonly<Record<string, string>>, selector: string): boolean {
  return selector.split(/,(?![^(]*\))/).every((term) => isTermTrue(labels, term.trim()))
}

function isTermTrue(labels: Readonly<Record<string, string>>, term: string): boolean {
  const [, key = '', operator, list = ''] = /^(\S+) (in|notin) \((.*)\)$/.exec(term) ?? []
  if (operator !== undefined) return list.split(',').includes(labels[key] ?? '') === (operator === 'in')
  const [, name = '', value] = /^([^=]+)==?(.*)$/.exec(term) ?? []
  if (value !== undefined) return labels[name] === value
  return term === '' || (term.startsWith('!') ? !(term.slice(1) in labels) : term in labels)
}
