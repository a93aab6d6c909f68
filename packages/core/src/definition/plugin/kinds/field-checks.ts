type Data = Readonly<Record<string, unknown>>

/** Returns an issue for each of the named fields that is not a text. */
export function textIssues(data: Data, ...names: readonly string[]): readonly string[] {
  return names
    .filter((name) => typeof data[name] !== 'string' || data[name] === '')
    .map((name) => `${name} must be a string`)
}

/** Whether a value is a list of texts. */
export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

/** Whether a value is an object of texts by name. */
export function isTextMap(value: unknown): value is Readonly<Record<string, string>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && isTexts(Object.values(value))
}
