import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { openReportFiles } from '../../src/cli/commands/report-files.js'
import { main } from '../../src/cli/main.js'
import { fromImage, pipeline, platform } from '../../src/index.js'

const output = { write: () => {} }
const host = { argv: [], env: {}, stdout: output, stderr: output, on: () => {}, off: () => {} }

describe('the files of --report and --junit', () => {
  it('is not there before the run has ended: its folder may be a context', async () => {
    await using folder = await tempFolder('report-page')
    const file = join(folder.path, 'report.html')
    const page = await openReportFiles({ report: file }, host)
    expect(await readdir(folder.path)).toEqual([])
    await page.write()
    expect(await readFile(file, 'utf8')).toContain('<!doctype html>')
    await openReportFiles({ report: file }, host)
    expect(await readFile(file, 'utf8')).toContain('<!doctype html>')
  })

  it('is named at the end of the run, also of one that failed', async () => {
    await using folder = await tempFolder('report-page')
    const file = join(folder.path, 'report.html')
    const broken = pipeline('127.0.0.1:1/team/app')
      .platforms(platform('amd64', { base: fromImage(`127.0.0.1:1/base@sha256:${'a'.repeat(64)}`) }))
      .build({ context: folder.path })
    const said = async (flags: readonly string[]) => {
      let stderr = ''
      const write = (text: string) => {
        stderr += text
      }
      await main([broken], { ...host, argv: ['node', 'build.ts', '--report', file, ...flags], stderr: { write } })
      return stderr
    }
    expect(await said([])).toContain(`report written to ${file}\nerror: `)
    expect(await said(['--progress', 'json'])).not.toContain('report written')
    expect(await said(['-q'])).not.toContain('report written')
  })

  it('is rejected before the run if it could not be written', async () => {
    await using folder = await tempFolder('report-page')
    await mkdir(join(folder.path, 'folder'))
    for (const [flag, file] of [
      ['report', 'none/report.html'],
      ['report', 'folder'],
      ['junit', 'none/tests.xml'],
    ] as const) {
      await expect(openReportFiles({ [flag]: join(folder.path, file) }, host)).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining(`${file} cannot be written`),
      })
    }
  })
})
