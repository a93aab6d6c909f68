import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plugin } from 'esbuild'

/** Writes the licenses of all packages whose code is part of the output into a file beside it. */
export function licenseNotices(file: string): Plugin {
  return {
    name: 'license-notices',
    setup({ initialOptions, onEnd }) {
      onEnd(async ({ metafile }) => {
        const { outdir } = initialOptions
        if (metafile === undefined || outdir === undefined) return
        const folders = new Set(Object.keys(metafile.inputs).flatMap((path) => packageFolder(path) ?? []))
        const notices = await Promise.all([...folders].map(notice))
        // In a fresh checkout nothing has written there yet.
        await mkdir(outdir, { recursive: true })
        await writeFile(join(outdir, file), notices.toSorted().join(`\n${'-'.repeat(80)}\n`))
      })
    },
  }
}

function packageFolder(path: string): string | undefined {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]
}

async function notice(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const files = (await readdir(folder)).filter((one) => /^(licen[cs]e|notice)(\.|$)/i.test(one))
  const texts = await Promise.all(files.map((one) => readFile(join(folder, one), 'utf8')))
  return `${name} ${version}, ${license}\n\n${texts.join('\n')}`
}
