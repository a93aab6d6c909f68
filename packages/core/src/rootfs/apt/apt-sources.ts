/** One archive that a host's apt reads. */
export interface AptSource {
  /** Base URL, without a slash at its end. */
  readonly url: string
  readonly suite: string
  readonly components: readonly string[]
}

/** Reads a `*.sources` file. @see https://manpages.debian.org/bookworm/apt/sources.list.5.en.html#DEB822-STYLE_FORMAT */
export function parseDeb822Sources(text: string): readonly AptSource[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = fieldsOf(stanza)
    if (!words(fields.get('types')).includes('deb') || fields.get('enabled') === 'no') return []
    const components = words(fields.get('components'))
    return words(fields.get('uris')).flatMap((uri) =>
      words(fields.get('suites')).map((suite) => ({ url: withoutSlash(uri), suite, components })),
    )
  })
}

function fieldsOf(stanza: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  let name: string | undefined
  for (const line of stanza.split('\n').filter((one) => !one.startsWith('#'))) {
    const field = /^([^\s:]+):(.*)$/.exec(line)
    if (field?.[1] !== undefined) {
      name = field[1].toLowerCase()
      fields.set(name, field[2]?.trim() ?? '')
    } else if (name !== undefined) {
      fields.set(name, `${fields.get(name)} ${line.trim()}`)
    }
  }
  return fields
}

/** Reads a `*.list` file. @see https://manpages.debian.org/bookworm/apt/sources.list.5.en.html#ONE-LINE-STYLE_FORMAT */
export function parseListSources(text: string): readonly AptSource[] {
  return text.split('\n').flatMap((line) => {
    const [, uri = '', suite = '', components = ''] =
      /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line) ?? []
    return uri === '' ? [] : [{ url: withoutSlash(uri), suite, components: words(components) }]
  })
}

/** The main archive of a distribution among all sources of apt, without updates and security. */
export function mainArchive(sources: readonly AptSource[], codename: string): string | undefined {
  const web = sources.filter(({ url, components }) => /^https?:/.test(url) && components.includes('main'))
  return web.find(({ suite }) => suite === codename)?.url
}

function words(text: string | undefined): readonly string[] {
  return text?.split(/\s+/).filter((word) => word !== '') ?? []
}

function withoutSlash(url: string): string {
  return url.replace(/(?<!\/)\/+$/, '')
}
