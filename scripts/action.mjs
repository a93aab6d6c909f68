// @ts-check
// `npm run action`: bundles the GitHub Action into the one file that runners execute without installing anything.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The bundle, as `action.yml` names it. */
export const BUNDLE = 'action/index.cjs'

/** The text of the bundle. */
export async function bundleAction() {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['action/src/main.ts'],
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    minify: true,
    legalComments: 'inline',
    write: false,
    logLevel: 'error',
  })
  return outputFiles[0]?.text ?? ''
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(join(ROOT, BUNDLE), await bundleAction())
